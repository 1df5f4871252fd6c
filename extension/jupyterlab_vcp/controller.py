"""Finds the controller of the data folder, starts it when there is none, and says why when that fails.

One controller a data folder: it holds a lock of its own and refuses a second one, so several Jupyter
servers may call `start` at the same time and all end up attached to the same process.
"""

import asyncio
import json
import os
import subprocess
from pathlib import Path

from .node import find_node, package_file

START_LIMIT_SECONDS = 60.0
ANSWER_LIMIT_SECONDS = 5.0
# The same as the SDK's: they keep the memory of a process that mostly waits small.
NODE_FLAGS = (
    "--max-semi-space-size=2",
    "--optimize-for-size",
    "--v8-pool-size=1",
    "--disable-warning=ExperimentalWarning",
)
READY_FD = 3
# Python cannot choose a child's descriptor number: the pipe comes as its output and is moved to where it is wanted.
AS_READY_FD = f'exec {READY_FD}>&1 1>&2; exec "$@"'
# Ours is not the controller's business: these would hand it the login of this server.
PRIVATE_VARIABLES = ("JUPYTER_TOKEN", "JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN", "JUPYTER_PASSWORD")


def home_folder():
    """The controller's data folder, by the same rule as in the controller itself."""
    named = os.environ.get("VCP_HOME")
    if named:
        return Path(named).expanduser().absolute()
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "jupyterlab-vcp"


class ControllerAbsent(Exception):
    """No controller answers. `code` tells the page why, `detail` is for people who look closer."""

    def __init__(self, code, detail=""):
        super().__init__(detail or code)
        self.code = code
        self.detail = detail


class Controller:
    """The way of this Jupyter server to the controller. Keeps connections, not state."""

    def __init__(self, log, home=None):
        self.log = log
        self.home = home or home_folder()
        self.script = package_file("node", "controller", "controller.mjs", override="VCP_CONTROLLER")
        self._client = None
        self._socket = None
        self._starting = None
        self._process = None
        self._last_failure = None
        self._progress = None

    @property
    def starting(self):
        return self._starting is not None and not self._starting.done()

    def file(self):
        """What a running controller wrote about itself, or None: `{pid, socket, startedAt, version}`."""
        try:
            found = json.loads((self.home / "controller.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and isinstance(found.get("socket"), str) else None

    def reap(self):
        """Lets a controller that we started and that has ended leave the process table."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None

    def crashed(self):
        """True when a controller ended without taking its file away, as a graceful stop does."""
        found = self.file()
        return found is not None and not _alive(found.get("pid"))

    def client(self):
        """An HTTP client on the controller's socket. Raises ControllerAbsent when no file names one."""
        import httpx  # 100 ms that the start of the server need not wait for

        found = self.file()
        if found is None:
            raise ControllerAbsent("no-file", str(self.home / "controller.json"))
        if self._client is None or self._socket != found["socket"]:
            # The old client may still carry streams; it closes with the last of them.
            self._socket = found["socket"]
            self._client = httpx.AsyncClient(
                transport=httpx.AsyncHTTPTransport(
                    uds=self._socket, limits=httpx.Limits(max_connections=None, max_keepalive_connections=8)
                ),
                base_url="http://controller",
                timeout=httpx.Timeout(ANSWER_LIMIT_SECONDS, read=None, pool=None),
                trust_env=False,
            )
        return self._client

    async def version(self):
        """What the controller says about itself. Raises ControllerAbsent."""
        import httpx

        client = self.client()
        try:
            answer = await asyncio.wait_for(client.get("/v1/version"), ANSWER_LIMIT_SECONDS)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, OSError, ValueError, TimeoutError, asyncio.TimeoutError) as problem:
            code = "crashed" if self.crashed() else "no-answer"
            raise ControllerAbsent(code, f"{self._socket}: {problem or type(problem).__name__}") from problem

    async def status(self):
        """Everything that a page needs to say where the controller is, or why it is not there."""
        node = await asyncio.get_running_loop().run_in_executor(None, find_node)
        base = {
            "home": str(self.home),
            "script": self.script,
            "node": {"path": node.path, "version": node.version, "tried": node.tried},
        }
        try:
            return {**base, "state": "running", "controller": await self.version()}
        except ControllerAbsent as absent:
            if self.starting:
                return {**base, "state": "starting", "progress": self._progress}
            why = self._last_failure or absent
            return {**base, "state": "absent", "why": {"code": why.code, "detail": why.detail}}

    async def start(self):
        """Attaches to the running controller or starts one; returns its version. Raises ControllerAbsent."""
        if not self.starting:
            self._starting = asyncio.ensure_future(self._start())
        return await asyncio.shield(self._starting)

    async def _start(self):
        try:
            version = await self._attach_or_start()
        except (ControllerAbsent, OSError, ValueError) as problem:
            # A full disk or a broken answer is a reason like any other: who waits learns it in the same form.
            absent = problem if isinstance(problem, ControllerAbsent) else ControllerAbsent("exited", str(problem))
            self._last_failure = absent
            self.log.warning("The controller did not start: %s %s", absent.code, absent.detail)
            raise absent from problem
        self._last_failure = None
        return version

    async def _attach_or_start(self):
        try:
            return await self.version()
        except ControllerAbsent:
            pass
        node = await asyncio.get_running_loop().run_in_executor(None, find_node)
        if node.path is None:
            raise ControllerAbsent("no-node", "; ".join(node.tried))
        if not os.path.isfile(self.script):
            raise ControllerAbsent("no-script", self.script)
        process, ready, output = self._launch(node.path)
        self.log.info("Controller started as process %s for %s", process.pid, self.home)
        try:
            await asyncio.wait_for(self._until_ready(ready, process, output), START_LIMIT_SECONDS)
        except (TimeoutError, asyncio.TimeoutError):
            raise ControllerAbsent("timed-out", _tail(output)) from None
        return await self.version()

    def _launch(self, node):
        logs = self.home / "logs"
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        output = logs / "controller.out"
        environment = {key: value for key, value in os.environ.items() if key not in PRIVATE_VARIABLES}
        environment["VCP_HOME"] = str(self.home)
        ready, told = os.pipe()
        try:
            with open(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as sink:
                # A session of its own: neither Ctrl-C nor the end of this server reaches it.
                process = subprocess.Popen(
                    ["/bin/sh", "-c", AS_READY_FD, "sh", node, *NODE_FLAGS, self.script, "--ready-fd", str(READY_FD)],
                    cwd="/",
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=told,
                    stderr=sink,
                    start_new_session=True,
                )
        except OSError:
            os.close(ready)
            raise
        finally:
            os.close(told)
        self._process = process
        return process, ready, output

    async def _until_ready(self, ready, process, output):
        """Follows what the starting controller says of itself, one JSON a line."""
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ready, "rb"))
        try:
            async for line in reader:
                said = json.loads(line)
                if said.get("state") == "ready":
                    return
                if said.get("state") == "failed":
                    await self._failed(said.get("error") or {})
                    return
                self._progress = said.get("message")
        finally:
            self._progress = None
            pipe.close()
        code = await loop.run_in_executor(None, process.wait)
        raise ControllerAbsent("exited", f"exit code {code}\n{_tail(output)}")

    async def _failed(self, error):
        if error.get("code") != "conflict":
            raise ControllerAbsent("exited", " ".join(error[part] for part in ("message", "hint") if error.get(part)))
        # Somebody else's start has won; it may still be on its way.
        while True:
            try:
                await self.version()
                return
            except ControllerAbsent:
                await asyncio.sleep(0.05)

    async def close(self):
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _alive(pid):
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _tail(path, limit=2000):
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-limit:]
    except OSError:
        return ""
