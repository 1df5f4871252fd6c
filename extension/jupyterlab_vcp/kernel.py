"""Becomes the Node.js kernel.

A kernelspec that pip installs cannot hold the absolute path of Node.js, so this looks for it and
steps aside; nothing of Python stays behind.
"""

import sys

from .node import NodeMissing, become, package_file, require_node

# Interrupting a cell that never yields unwinds the stack in ways that these checks take for a bug and abort on.
FLAGS = ["--no-force-async-hooks-checks"]


def main(arguments):
    try:
        node = require_node()
    except NodeMissing as problem:
        sys.exit(str(problem))
    become([node, *FLAGS, package_file("node", "kernel", "kernel.mjs", override="VCP_KERNEL"), *arguments])
