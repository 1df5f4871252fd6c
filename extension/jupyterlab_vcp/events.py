"""One reader of the controller's event stream a server; it puts small "changed" events on Jupyter's event bus.

Pages fetch what changed themselves. So a dropped event costs nothing: the next one carries a higher number.
"""

import asyncio
import time

from .controller import ControllerAbsent

SCHEMA_ID = "https://schema.jupyterlab-vcp.org/events/changed"
SCHEMA = {
    "$id": SCHEMA_ID,
    "version": "1",
    "title": "Virtual clouds changed",
    "description": "Something that the controller knows has changed; ask it for what is new.",
    "type": "object",
    "properties": {
        "seq": {"type": "integer", "description": "Number of the newest event; 0 while no controller answers."},
        "connected": {"type": "boolean", "description": "Whether this server hears the controller."},
    },
    "required": ["seq", "connected"],
    "additionalProperties": False,
}
# The controller sends a comment at least every 15 s; three missed ones mean that the connection is dead.
SILENCE_SECONDS = 50.0
LOOK_AGAIN_SECONDS = 2.0
# At most so often: an apply of many nodes makes hundreds of events, and one look fetches them all.
EMIT_EVERY_SECONDS = 0.1
RESTARTS, RESTART_WINDOW_SECONDS = 5, 600.0


class ChangeFeed:
    def __init__(self, controller, event_logger, log, restart=True):
        self.controller = controller
        self.event_logger = event_logger
        self.log = log
        self.restart = restart
        self.seq = 0
        self._woken = asyncio.Event()
        self._task = None
        self._emitting = None
        self._connected = False
        self._restarts = []

    def begin(self):
        if SCHEMA_ID not in self.event_logger.schemas:
            self.event_logger.register_event_schema(SCHEMA)
        self._task = asyncio.ensure_future(self._run())

    def wake(self):
        """Look for the controller now instead of at the next turn."""
        self._woken.set()

    async def end(self):
        for task in (self._task, self._emitting):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _run(self):
        while True:
            try:
                await self._follow()
            except ControllerAbsent:
                pass
            except Exception as problem:  # a reader that dies would leave the panel stale without a word
                self.log.warning("Reading the controller's events failed: %s", problem)
            if self._connected:
                self._connected = False
                self._announce()
            self.controller.reap()
            await self._restart_after_crash()
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), LOOK_AGAIN_SECONDS)
            except (TimeoutError, asyncio.TimeoutError):
                pass

    async def _follow(self):
        import httpx

        client = self.controller.client()
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": str(self.seq)} if self.seq else {})}
        limits = httpx.Timeout(5.0, read=SILENCE_SECONDS, pool=None)
        try:
            async with client.stream("GET", "/v1/events", headers=headers, timeout=limits) as answer:
                if not answer.is_success:
                    raise ControllerAbsent("no-answer", f"status {answer.status_code}")
                self._connected = True
                self._announce()
                async for line in answer.aiter_lines():
                    self._read(line)
        except (httpx.HTTPError, OSError) as problem:
            raise ControllerAbsent("no-answer", str(problem)) from problem

    def _read(self, line):
        if line.startswith("id:"):
            number = line[3:].strip()
            if number.isdigit():
                self.seq = int(number)
        elif line.startswith(("data:", "event:")):
            self._announce()

    def _announce(self):
        if self._emitting is None or self._emitting.done():
            self._emitting = asyncio.ensure_future(self._emit())

    async def _emit(self):
        sent = None
        while sent != (self.seq, self._connected):
            sent = (self.seq, self._connected)
            self.event_logger.emit(schema_id=SCHEMA_ID, data={"seq": sent[0], "connected": sent[1]})
            await asyncio.sleep(EMIT_EVERY_SECONDS)

    async def _restart_after_crash(self):
        """A controller that was killed comes back; one that somebody stopped stays away."""
        if not self.restart or not self.controller.crashed():
            return
        now = time.monotonic()
        self._restarts = [at for at in self._restarts if now - at < RESTART_WINDOW_SECONDS]
        if len(self._restarts) >= RESTARTS:
            return
        self._restarts.append(now)
        self.log.warning("The controller has ended unexpectedly; starting it again")
        try:
            await self.controller.start()
        except ControllerAbsent:
            return
        self._woken.set()
