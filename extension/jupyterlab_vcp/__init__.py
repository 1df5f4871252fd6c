"""Virtual clouds in JupyterLab: server extension, kernel launcher and command line.

This module stays free of imports: the kernel starts through it.
"""

__version__ = "0.1.0"


def _jupyter_labextension_paths():
    return [{"src": "labextension", "dest": "jupyterlab-vcp"}]


def _jupyter_server_extension_points():
    from .app import VcpApp

    return [{"module": "jupyterlab_vcp", "app": VcpApp}]
