"""Finding, starting and outliving: how a Jupyter server and the controller live together."""

import json
import os
import signal
import time

from conftest import alive, until

NOT_STARTED = ["--VcpApp.start_controller=False"]


def test_the_server_brings_a_controller_with_it(start_server):
    server = start_server()
    version = server.running()
    assert version["pid"] == json.loads((server.home / "controller.json").read_text())["pid"]


def test_the_controller_outlives_the_server(start_server):
    server = start_server()
    pid = server.running()["pid"]
    server.stop()
    assert alive(pid)


def test_the_controller_is_not_told_the_login_of_the_server(start_server):
    assert "JUPYTER_TOKEN" not in start_server().running()["environment"]


def test_two_servers_on_one_data_folder_share_one_controller(start_server, tmp_path):
    first = start_server(home=tmp_path / "home", arguments=NOT_STARTED)
    second = start_server(home=tmp_path / "home", arguments=NOT_STARTED)
    started = [server.http.post("/jupyterlab-vcp/controller/start").json() for server in (first, second)]
    assert {answer["state"] for answer in started} == {"running"}
    assert first.running()["pid"] == second.running()["pid"]


def test_without_a_controller_the_status_says_where_it_looked(start_server):
    server = start_server(arguments=NOT_STARTED)
    status = server.status()
    assert (status["state"], status["why"]["code"]) == ("absent", "no-file")
    assert status["home"] == str(server.home)
    assert status["why"]["detail"] == str(server.home / "controller.json")
    assert status["node"]["version"].startswith("24.")


def test_a_controller_that_ends_at_once_is_reported_with_its_last_words(start_server):
    server = start_server(environment={"VCP_DOUBLE_FAILS": "the database is newer than this program"})
    why = until(lambda: (found := server.status().get("why", {})).get("code") == "exited" and found, what="the failure")
    assert "exit code 3" in why["detail"] and "the database is newer than this program" in why["detail"]


def test_a_controller_that_refuses_to_start_is_quoted(start_server):
    server = start_server(arguments=NOT_STARTED, environment={"VCP_DOUBLE_REFUSES": "The disk is full."})
    status = server.http.post("/jupyterlab-vcp/controller/start").json()
    assert status["why"] == {"code": "exited", "detail": "The disk is full. Free some space."}


def test_an_unusable_node_is_named(start_server):
    server = start_server(arguments=NOT_STARTED, environment={"VCP_NODE": "/nowhere/node"})
    status = server.http.post("/jupyterlab-vcp/controller/start").json()
    assert (status["state"], status["why"]["code"]) == ("absent", "no-node")
    assert status["node"]["tried"] == ["/nowhere/node: does not run"]


def test_a_missing_program_is_named(start_server):
    server = start_server(arguments=NOT_STARTED, environment={"VCP_CONTROLLER": "/nowhere/controller.mjs"})
    status = server.http.post("/jupyterlab-vcp/controller/start").json()
    assert status["why"] == {"code": "no-script", "detail": "/nowhere/controller.mjs"}


def test_a_killed_controller_comes_back_by_itself(start_server):
    server = start_server()
    first = server.running()["pid"]
    os.kill(first, signal.SIGKILL)
    until(lambda: (server.status().get("controller") or {}).get("pid") not in (None, first), what="a new controller")


def test_a_stopped_controller_stays_away_until_it_is_started(start_server):
    server = start_server()
    first = server.running()["pid"]
    os.kill(first, signal.SIGTERM)
    until(lambda: not alive(first) and server.status()["state"] == "absent", what="the end of the controller")
    # Longer than the look-out takes to start one after a crash.
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        assert server.status()["state"] == "absent"
    assert server.http.post("/jupyterlab-vcp/controller/start").json()["state"] == "running"
