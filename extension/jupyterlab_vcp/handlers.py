"""The routes of the server extension: a proxy to the controller and four small answers of its own.

Every handler asks for Jupyter's login and its authorizer; unsafe verbs also pass Jupyter's XSRF check.
Nothing here counts as activity of a person, so that idle servers are still culled.
"""

import asyncio
import json
import re
from urllib.parse import unquote_plus

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.iostream import StreamClosedError

from . import __version__
from .controller import ControllerAbsent
from .templates import TemplateMissing

NAMESPACE = "jupyterlab-vcp"
API = 1
# Neither cookies nor Jupyter's own token are among them: the socket's file permission is the login.
TO_CONTROLLER = ("Accept", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Vcp-Origin")
# Answers that may go on for as long as somebody listens; every other one has to come within the limit.
STREAMS = re.compile(r"/v1/(events|execs/[^/?]+|vcs/[^/?]+/nodes/[^/?]+:(exec|copy))(\?.*)?$")
ANSWER_LIMIT_SECONDS = 60.0
TO_PAGE = ("cache-control", "content-type", "etag", "retry-after", "x-vcp-attached")


class VcpHandler(APIHandler):
    auth_resource = "vcp"
    _track_activity = False

    @property
    def vcp(self):
        return self.settings["jupyterlab_vcp"]

    def problem(self, status, code, detail, hint=None):
        """Answers like the controller does, so that the page has one kind of error to read."""
        self.set_status(status)
        body = {"type": "about:blank", "title": code, "status": status, "detail": detail, "code": code}
        if hint:
            body["hint"] = hint
        self.finish(json.dumps(body), set_content_type="application/problem+json")


class VersionHandler(VcpHandler):
    """The handshake: the page compares its own version with this one."""

    @web.authenticated
    @authorized
    def get(self):
        self.finish(json.dumps({"version": __version__, "api": API}))


class StatusHandler(VcpHandler):
    @web.authenticated
    @authorized
    async def get(self):
        self.finish(json.dumps(await self.vcp.controller.status()))


class StartHandler(VcpHandler):
    @web.authenticated
    @authorized
    async def post(self):
        try:
            await self.vcp.controller.start()
        except ControllerAbsent:
            pass  # the status below says why
        self.vcp.feed.wake()
        self.finish(json.dumps(await self.vcp.controller.status()))


class TemplatesHandler(VcpHandler):
    @web.authenticated
    @authorized
    def get(self):
        self.finish(json.dumps({"items": self.vcp.templates.list()}))


class CopyTemplateHandler(VcpHandler):
    """Copies a template's files beside the person's own ones; answers with the notebook to open."""

    @web.authenticated
    @authorized
    async def post(self):
        body = self.get_json_body() or {}
        name, folder = body.get("template"), body.get("folder", "")
        if not isinstance(name, str) or not isinstance(folder, str):
            raise web.HTTPError(400, "template and folder must be text")
        try:
            path = await self.vcp.templates.copy(name, folder, self.contents_manager)
        except TemplateMissing as missing:
            self.problem(404, "not_found", str(missing))
            return
        self.set_status(201)
        self.finish(json.dumps({"path": path}))


class ProxyHandler(VcpHandler):
    """Forwards to the controller piece by piece, so that streams stay streams."""

    _forwarding = None

    async def _forward(self):
        self._forwarding = asyncio.ensure_future(self._exchange())
        try:
            await self._forwarding
        except asyncio.CancelledError:
            pass  # the page has left; the connection to the controller is closed by now
        except (ControllerAbsent, ConnectionError) as absent:
            await self._absent(absent)

    async def _exchange(self):
        import httpx

        client = self.vcp.controller.client()
        target = self._target()
        headers = {name: self.request.headers[name] for name in TO_CONTROLLER if name in self.request.headers}
        if not self.request.body:
            # JupyterLab names a type with every request; without a body it would promise one.
            headers.pop("Content-Type", None)
        request = client.build_request(
            self.request.method,
            client.base_url.copy_with(raw_path=target.encode("ascii")),
            timeout=httpx.Timeout(5.0, read=None if STREAMS.match(target) else ANSWER_LIMIT_SECONDS, pool=None),
            headers=headers,
            content=self.request.body if self.request.body or self.request.method in ("POST", "PUT", "PATCH") else None,
        )
        try:
            answer = await client.send(request, stream=True)
        except httpx.ReadTimeout:
            limit = f"The controller has not answered within {ANSWER_LIMIT_SECONDS:.0f} s."
            self.problem(504, "timed_out", limit, "Try again; if it comes back, look into the controller log.")
            return
        except httpx.TransportError as problem:
            raise ConnectionError(str(problem)) from problem
        try:
            self._begin(answer)
            async for piece in answer.aiter_raw():
                self.write(piece)
                await self.flush()
            await self._end(answer)
        except httpx.TransportError:
            # The answer broke off in the middle; the page must see that too, not a short answer.
            self.log.warning("The controller broke off its answer to %s", request.url.path)
            self.request.connection.stream.close()
        except StreamClosedError:
            pass
        finally:
            await answer.aclose()

    def _target(self):
        prefix = url_path_join(self.base_url, NAMESPACE, "api")
        path, _, query = self.request.uri[len(prefix) :].partition("?")
        # Jupyter takes its login from these, too; the controller is not to see it.
        names = ((part, unquote_plus(part.partition("=")[0])) for part in query.split("&") if part)
        kept = "&".join(part for part, name in names if name not in ("token", "_xsrf"))
        return f"{path}?{kept}" if kept else path

    def _begin(self, answer):
        self.set_status(answer.status_code)
        self.clear_header("Content-Type")
        for name in TO_PAGE:
            if name in answer.headers:
                self.set_header(name, answer.headers[name])
        location = answer.headers.get("location")
        if location and location.startswith("/"):
            self.set_header("Location", url_path_join(self.base_url, NAMESPACE, "api", location))
        self.set_header("X-Accel-Buffering", "no")

    async def _end(self, answer):
        await self.finish(set_content_type=answer.headers.get("content-type", "application/json"))

    async def _absent(self, problem):
        self.log.info("No controller answers: %s", problem)
        if self._headers_written:
            return
        self.vcp.feed.wake()
        self.problem(503, "controller_unavailable", "No controller answers.", "Start it: vcp controller start")

    def on_connection_close(self):
        if self._forwarding is not None:
            self._forwarding.cancel()
        super().on_connection_close()

    @web.authenticated
    @authorized
    async def get(self):
        await self._forward()

    @web.authenticated
    @authorized
    async def post(self):
        await self._forward()

    @web.authenticated
    @authorized
    async def put(self):
        await self._forward()

    @web.authenticated
    @authorized
    async def patch(self):
        await self._forward()

    @web.authenticated
    @authorized
    async def delete(self):
        await self._forward()


def handlers():
    """Every route of the server extension, below the server's base URL."""
    return [
        (f"/{NAMESPACE}/version", VersionHandler),
        (f"/{NAMESPACE}/status", StatusHandler),
        (f"/{NAMESPACE}/controller/start", StartHandler),
        (f"/{NAMESPACE}/templates", TemplatesHandler),
        (f"/{NAMESPACE}/templates/copy", CopyTemplateHandler),
        (f"/{NAMESPACE}/api/.*", ProxyHandler),
    ]
