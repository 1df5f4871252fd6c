"""Templates are listed as they describe themselves and copied without overwriting anything."""

import json

import pytest


def copy(server, template, folder=""):
    return server.http.post("/jupyterlab-vcp/templates/copy", json={"template": template, "folder": folder})


def test_lists_the_descriptions_and_passes_over_a_broken_one(server):
    items = server.http.get("/jupyterlab-vcp/templates").json()["items"]
    assert [item["id"] for item in items] == ["one", "several"]
    assert items[0]["title"] == {"en": "One", "ja": "一つ"}


def test_a_single_notebook_goes_into_the_folder_and_is_counted_up(server):
    (server.root / "mine").mkdir(exist_ok=True)
    first, second = copy(server, "one", "mine"), copy(server, "one", "mine")
    assert (first.status_code, first.json()) == (201, {"path": "mine/one.ipynb"})
    assert second.json() == {"path": "mine/one1.ipynb"}
    assert json.loads((server.root / "mine" / "one.ipynb").read_text())["nbformat"] == 4


def test_several_files_get_a_folder_of_their_own(server):
    assert copy(server, "several").json() == {"path": "several/start.ipynb"}
    assert copy(server, "several").json() == {"path": "several1/start.ipynb"}
    assert (server.root / "several" / "data" / "words.txt").read_text() == "words\n"
    assert (server.root / "several" / "app.compose.yml").exists()
    assert not (server.root / "several" / "template.json").exists()


@pytest.mark.parametrize("name", ["nothing", "", "..", ".", "../templates/one", "broken"])
def test_refuses_what_is_not_a_template(server, name):
    answer = copy(server, name)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_refuses_a_body_without_names(server):
    assert server.http.post("/jupyterlab-vcp/templates/copy", json={"template": 1}).status_code == 400
