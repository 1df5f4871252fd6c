"""The controller's events become small ones on Jupyter's event bus."""

import contextlib
import json
import os
import signal

import websocket
from conftest import TOKEN, until

# What Jupyter's event logger adds to every event.
KEPT_BY_JUPYTER = {"schema_id", "__timestamp__", "__schema__", "__schema_version__", "__metadata_version__"}
SCHEMA_ID = "https://schema.jupyterlab-vcp.org/events/changed"


@contextlib.contextmanager
def bus(server):
    """Yields a function that returns the data of the next event of ours that passes `wanted`."""
    connection = websocket.create_connection(
        f"ws{server.url.removeprefix('http')}/api/events/subscribe?token={TOKEN}", timeout=20
    )

    def following(wanted):
        while True:
            event = json.loads(connection.recv())
            if event["schema_id"] == SCHEMA_ID and wanted(event):
                return event

    try:
        yield following
    finally:
        connection.close()


def emit(server):
    """Emits once the server listens; answers with the number of the event."""
    until(lambda: server.api("POST", "/double/emit").json()["listeners"], what="the reader of events")
    return server.api("POST", "/double/emit").json()["seq"]


def test_a_change_arrives_with_its_number_and_nothing_else(server):
    with bus(server) as following:
        number = emit(server)
        event = following(lambda event: event["seq"] == number)
        assert event["connected"] is True
        assert set(event) - KEPT_BY_JUPYTER == {"seq", "connected"}


def test_many_changes_become_few_events_and_the_last_one_is_among_them(server):
    emit(server)
    with bus(server) as following:
        numbers = [server.api("POST", "/double/emit").json()["seq"] for _ in range(100)]
        seen = []
        following(lambda event: seen.append(event["seq"]) or event["seq"] == numbers[-1])
        assert len(seen) < 50


def test_one_reader_a_server_however_many_listen(server):
    with bus(server), bus(server), bus(server):
        emit(server)
        assert server.api("POST", "/double/emit").json()["listeners"] == 1


def test_says_when_the_controller_goes_and_comes_and_goes_on_where_it_was(start_server):
    server = start_server()
    server.running()
    number = emit(server)
    with bus(server) as following:
        os.kill(server.running()["pid"], signal.SIGKILL)
        assert following(lambda event: not event["connected"])
        assert following(lambda event: event["connected"])["seq"] >= number
