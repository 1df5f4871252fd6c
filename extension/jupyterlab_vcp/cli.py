"""The console script `vcp`: becomes the command line of the Node.js bundle."""

import os
import sys

from .node import NodeMissing, become, package_file, require_node


def main():
    try:
        node = require_node()
    except NodeMissing as problem:
        sys.exit(str(problem))
    # The command line starts controllers and kernels too: it shall use the same parts.
    os.environ.setdefault("VCP_NODE", node)
    for name, parts in {
        "VCP_CONTROLLER": ("node", "controller", "controller.mjs"),
        "VCP_KERNEL": ("node", "kernel", "kernel.mjs"),
        "VCP_TEMPLATES": ("templates",),
    }.items():
        os.environ.setdefault(name, package_file(*parts, override=name))
    become([node, package_file("node", "sdk", "vcp.mjs", override="VCP_CLI"), *sys.argv[1:]])


if __name__ == "__main__":
    main()
