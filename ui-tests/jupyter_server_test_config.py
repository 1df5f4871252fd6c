"""A Jupyter server for the browser tests: no login (that is tested elsewhere), folders of its own."""

import os

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)  # noqa: F821

c.ServerApp.port = int(os.environ["VCP_UI_PORT"])  # noqa: F821
c.ServerApp.allow_root = True  # noqa: F821
