"""No route of the server extension answers without login."""

import pytest

from jupyterlab_vcp.handlers import handlers

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def sample_of(route):
    return route.replace(".*", "v1/vcs")


def routes_and_verbs():
    for route, handler in handlers():
        for verb in VERBS:
            if verb.lower() in vars(handler):
                yield sample_of(route), verb


CASES = sorted(routes_and_verbs())


def test_every_route_is_among_the_cases():
    assert {route for route, _ in CASES} == {sample_of(route) for route, _ in handlers()}


@pytest.mark.parametrize(("route", "verb"), CASES)
def test_refuses_a_stranger(server, route, verb):
    answer = server.stranger.request(verb, route, json={} if verb in UNSAFE else None)
    assert answer.status_code == 403, f"{verb} {route} answered {answer.status_code}"
    assert "Location" not in answer.headers
    assert "jupyterlab-vcp" not in answer.text


@pytest.mark.parametrize(("route", "verb"), CASES)
def test_refuses_a_wrong_token(server, route, verb):
    answer = server.stranger.request(verb, route, headers={"Authorization": "token wrong"})
    assert answer.status_code == 403


@pytest.mark.parametrize(("route", "verb"), [case for case in CASES if case[1] in UNSAFE])
def test_a_page_of_another_site_cannot_use_the_login_cookie(server, route, verb):
    """A logged-in browser without the XSRF token: what a foreign page could make it send."""
    with server.http.__class__(base_url=server.url) as browser:
        page = browser.get("/login")
        token = browser.cookies.get("_xsrf")
        assert page.is_success and token
        login = browser.post("/login", data={"password": "token-of-the-tests", "_xsrf": token})
        assert login.status_code == 302
        assert browser.get("/jupyterlab-vcp/version").is_success, "the cookie logs in"
        assert browser.request(verb, route, json={}).status_code == 403


def test_the_server_finds_no_handler_without_declared_login(start_server):
    """Jupyter's own check warns about every handler method that neither asks for login nor says that it needs none."""
    server = start_server(arguments=["--ServerApp.allow_unauthenticated_access=False"])
    assert server.http.get("/jupyterlab-vcp/version").is_success
    log = server.log.read_text()
    assert not [line for line in log.splitlines() if "AuthWarning" in line and "jupyterlab_vcp" in line]


def test_the_one_who_has_the_token_gets_an_answer(server):
    answer = server.http.get("/jupyterlab-vcp/version")
    assert answer.json() == {"version": "0.1.0", "api": 1}
