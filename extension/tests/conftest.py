"""A real Jupyter server with the extension, on a free port, with a data folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

EXTENSION = Path(__file__).resolve().parent.parent
TOKEN = "token-of-the-tests"
TEMPLATES = EXTENSION / "tests" / "templates"


def until(condition, limit_s=20.0, what="the condition"):
    """Waits until `condition` gives something true, and returns that."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come about within {limit_s} s")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Server:
    """One Jupyter server as a process. `http` carries the token, `stranger` does not."""

    def __init__(self, folder, home, arguments=(), environment=None, base_url="/"):
        self.home = Path(home)
        self.root = Path(folder) / "notebooks"
        self.root.mkdir(parents=True, exist_ok=True)
        config = Path(folder) / "config"
        (config / "jupyter_server_config.d").mkdir(parents=True, exist_ok=True)
        (config / "jupyter_server_config.d" / "vcp.json").write_text(
            (EXTENSION / "jupyter-config" / "jupyterlab_vcp.json").read_text()
        )
        self.log = Path(folder) / "server.log"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}{base_url.rstrip('/')}"
        variables = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("VCP_", "JUPYTER"))},
            "VCP_HOME": str(self.home),
            "VCP_CONTROLLER": str(EXTENSION / "tests" / "controller-double.mjs"),
            "VCP_TEMPLATES": str(TEMPLATES),
            "JUPYTER_CONFIG_PATH": str(config),
            "JUPYTER_TOKEN": TOKEN,
            "PYTHONPATH": str(EXTENSION),
            **(environment or {}),
        }
        command = [sys.executable, "-m", "jupyter_server", "--allow-root", f"--port={port}", "--port-retries=0"]
        command += [f"--ServerApp.root_dir={self.root}", f"--ServerApp.base_url={base_url}", "--no-browser", *arguments]
        with open(self.log, "wb") as sink:
            self.process = subprocess.Popen(command, env=variables, stdout=sink, stderr=sink)
        self.http = httpx.Client(base_url=self.url, headers={"Authorization": f"token {TOKEN}"}, timeout=20)
        self.stranger = httpx.Client(base_url=self.url, timeout=20)
        until(self._answers, what="the Jupyter server")

    def _answers(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/api/status").is_success
        except httpx.TransportError:
            return False

    def api(self, method, path, **rest):
        return self.http.request(method, f"/jupyterlab-vcp/api{path}", **rest)

    def status(self):
        return self.http.get("/jupyterlab-vcp/status").json()

    def running(self):
        """Waits until a controller answers; its version."""
        return until(lambda: self.status().get("controller"), what="the controller")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def end_controller(home):
    try:
        pid = json.loads((Path(home) / "controller.json").read_text())["pid"]
    except (OSError, ValueError):
        return
    if alive(pid):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def start_server(tmp_path_factory):
    """Starts servers and ends them, and their controllers, afterwards."""
    servers = []

    def start(home=None, **options):
        folder = tmp_path_factory.mktemp("server")
        server = Server(folder, home or folder / "home", **options)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()
        end_controller(server.home)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for the tests of a file that leave it as it was."""
    folder = tmp_path_factory.mktemp("server")
    started = Server(folder, folder / "home")
    started.running()
    yield started
    started.stop()
    end_controller(started.home)
