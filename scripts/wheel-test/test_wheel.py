"""The wheel in an empty environment: JupyterLab finds its parts, and the quick start works without this repository."""
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """A new venv with nothing but the wheel and what it asks for, and no trace of the checkout in the environment."""
    subprocess.run(["node", str(ROOT / "scripts" / "run.mjs"), "wheel"], check=True, cwd=ROOT)
    wheel = next((ROOT / "extension" / "dist").glob("jupyterlab_vcp-*.whl"))
    folder = tmp_path_factory.mktemp("wheel")
    # Without the checkout's own paths: pip would find the package there and install nothing.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VCP_", "JUPYTER", "PYTHON"))}
    kept["PATH"] = f"{folder / 'venv/bin'}:/usr/bin:/bin:/usr/sbin:/sbin"
    kept["VCP_HOME"] = str(folder / "home")
    kept["HOME"] = str(folder)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, env=kept)
    subprocess.run([folder / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)], check=True, env=kept)
    (folder / "work").mkdir()
    yield {"folder": folder, "env": kept, "wheel": wheel}
    subprocess.run(["vcp", "controller", "stop"], env=kept, cwd=folder / "work", check=False)


def run(environment, *command, timeout=300):
    return subprocess.run(command, env=environment["env"], cwd=environment["folder"] / "work", capture_output=True, text=True, timeout=timeout, check=False)


def test_it_is_small_enough_to_download(environment):
    megabytes = environment["wheel"].stat().st_size / 1e6
    print(f"wheel: {megabytes:.1f} MB")
    assert megabytes < 60


def test_jupyter_lists_extension_server_part_and_kernel(environment):
    labextensions = run(environment, "jupyter", "labextension", "list")
    assert "jupyterlab-vcp" in labextensions.stderr + labextensions.stdout
    assert "OK" in labextensions.stderr + labextensions.stdout
    server = run(environment, "jupyter", "server", "extension", "list")
    assert "jupyterlab_vcp" in server.stderr + server.stdout
    kernels = json.loads(run(environment, "jupyter", "kernelspec", "list", "--json").stdout)
    assert kernels["kernelspecs"]["vcp"]["spec"]["display_name"] == "Virtual Cloud (TypeScript)"


def test_the_server_part_answers_behind_the_login(environment):
    token = "wheel-test"
    port = 18931
    server = subprocess.Popen(
        ["jupyter", "lab", "--no-browser", f"--port={port}", "--port-retries=0", "--allow-root"],
        env={**environment["env"], "JUPYTER_TOKEN": token}, cwd=environment["folder"] / "work", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        status = wait_for(f"http://127.0.0.1:{port}/jupyterlab-vcp/api/v1/version", token)
        assert status["product"] == "jupyterlab-vcp"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/jupyterlab-vcp/api/v1/version", timeout=10)
        assert refused.value.code == 403
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_the_quick_start_runs_to_its_end_and_leaves_nothing(environment):
    templates = json.loads(run(environment, "vcp", "templates", "--json").stdout)
    assert "quickstart" in json.dumps(templates)
    done = run(environment, "vcp", "run", "quickstart", "-p", "cloud=from-wheel", "--out", "out", timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert run(environment, "vcp", "ps", "--json").stdout.count("from-wheel") == 0


def wait_for(url, token):
    deadline = time.monotonic() + 60
    while True:
        try:
            request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
