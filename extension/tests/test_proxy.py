"""What passes between page and controller, and what does not."""

import threading

import httpx
import pytest
from conftest import until


def test_forwards_method_path_query_and_body_as_they_came(server):
    seen = server.api("POST", "/v1/vcs/a%2Fb/units/x:scale?n=1&m=%20", json={"count": 3}).json()
    assert (seen["method"], seen["url"]) == ("POST", "/v1/vcs/a%2Fb/units/x:scale?n=1&m=%20")
    assert seen["body"] == '{"count":3}'


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_forwards_every_verb(server, method):
    assert server.api(method, "/v1/any").json()["method"] == method


def test_promises_no_body_where_none_is(server):
    """JupyterLab sends a content type with every request, and the controller refuses JSON that is empty."""
    seen = server.api("DELETE", "/v1/vcs/x?confirm=x", headers={"Content-Type": "application/json"}).json()["headers"]
    assert "content-type" not in seen


def test_keeps_cookies_and_login_from_the_controller(server):
    sent = {"Cookie": "secret=1", "Idempotency-Key": "k", "X-Vcp-Origin": "o", "X-Other": "x"}
    seen = server.api("GET", "/v1/any", headers=sent).json()["headers"]
    assert "cookie" not in seen and "authorization" not in seen and "x-other" not in seen
    assert (seen["idempotency-key"], seen["x-vcp-origin"]) == ("k", "o")


def test_hands_on_status_location_and_type_but_no_cookie(server):
    accepted = server.api("POST", "/double/accepted")
    assert accepted.status_code == 202
    assert accepted.headers["location"] == "/jupyterlab-vcp/api/v1/operations/op-1"
    assert "set-cookie" not in accepted.headers or "a=b" not in accepted.headers["set-cookie"]
    problem = server.api("GET", "/double/problem")
    assert (problem.status_code, problem.headers["content-type"]) == (409, "application/problem+json")
    assert problem.json()["code"] == "conflict"
    assert server.api("GET", "/double/nothing").status_code == 204


def test_gives_each_piece_of_a_stream_at_once(server):
    with server.http.stream("GET", "/jupyterlab-vcp/api/v1/execs/slow") as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        lines = answer.iter_lines()
        assert next(lines) == '{"first":1}'
        server.api("POST", "/double/release")
        assert next(lines) == '{"second":2}'


def test_a_reader_who_leaves_is_seen_by_the_controller(server):
    with server.http.stream("GET", "/jupyterlab-vcp/api/v1/execs/slow") as answer:
        assert next(answer.iter_lines()) == '{"first":1}'
    until(lambda: server.api("GET", "/double/left").json()["left"], what="the end of the connection")
    assert "Traceback" not in server.log.read_text()


def test_an_answer_that_breaks_off_is_not_taken_for_whole(server):
    with (
        server.http.stream("GET", "/jupyterlab-vcp/api/v1/execs/slow") as answer,
        pytest.raises(httpx.TransportError),
    ):
        for line in answer.iter_lines():
            assert line == '{"first":1}'
            server.api("POST", "/double/break")


def test_several_streams_do_not_hold_up_short_calls(server):
    opened = threading.Barrier(13)

    def listen():
        with server.http.stream("GET", "/jupyterlab-vcp/api/v1/events") as answer:
            next(answer.iter_lines())
            opened.wait(20)

    listeners = [threading.Thread(target=listen) for _ in range(12)]
    for listener in listeners:
        listener.start()
    assert server.api("GET", "/v1/any").is_success
    opened.wait(20)
    for listener in listeners:
        listener.join(20)


def test_a_base_url_changes_nothing(start_server):
    server = start_server(base_url="/user/someone/")
    server.running()
    assert server.api("GET", "/v1/vcs?limit=1").json()["url"] == "/v1/vcs?limit=1"
    accepted = server.api("POST", "/double/accepted")
    assert accepted.headers["location"] == "/user/someone/jupyterlab-vcp/api/v1/operations/op-1"


def test_does_not_count_as_activity(server):
    before = server.http.get("/api/status?no_track_activity=1").json()["last_activity"]
    server.api("GET", "/v1/any")
    server.status()
    assert server.http.get("/api/status?no_track_activity=1").json()["last_activity"] == before


def test_says_in_the_controllers_own_words_that_none_is_there(start_server):
    server = start_server(arguments=["--VcpApp.start_controller=False"])
    answer = server.api("GET", "/v1/vcs")
    assert (answer.status_code, answer.json()["code"]) == (503, "controller_unavailable")
    assert answer.headers["content-type"] == "application/problem+json"
