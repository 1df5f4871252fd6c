"""Starts the kernel. A script, because `python -m` would look into the notebook's own folder first."""

import sys

from jupyterlab_vcp.kernel import main

main(sys.argv[1:])
