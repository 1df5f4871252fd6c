"""The server extension: a proxy without state or rules. It attaches to the controller, or starts it."""

import asyncio

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool

from .controller import Controller, ControllerAbsent
from .events import ChangeFeed
from .handlers import handlers
from .templates import Templates


class VcpApp(ExtensionApp):
    name = "jupyterlab_vcp"
    extension_url = "/lab"
    load_other_extensions = True

    start_controller = Bool(
        True,
        help="Start the controller with this server, and again after a crash. It outlives the server either way.",
    ).tag(config=True)

    def initialize_settings(self):
        self.controller = Controller(self.log)
        self.templates = Templates()
        self.feed = ChangeFeed(self.controller, self.serverapp.event_logger, self.log, restart=self.start_controller)
        self.settings["jupyterlab_vcp"] = self
        self._beginning = None

    def initialize_handlers(self):
        self.handlers.extend(handlers())

    async def _start_jupyter_server_extension(self, serverapp):
        self.feed.begin()
        if self.start_controller:
            # In the background: JupyterLab's page does not wait for it.
            self._beginning = asyncio.ensure_future(self._begin())

    async def _begin(self):
        try:
            await self.controller.start()
        except ControllerAbsent:
            return  # said in the log; the panel shows it with a button
        self.feed.wake()

    async def stop_extension(self):
        if self._beginning is not None:
            self._beginning.cancel()
        await self.feed.end()
        await self.controller.close()
