"""The public conformance tests of jupyter_kernel_test against the built kernel.

    python -m unittest kernel/testing/test_kernel_protocol.py

`VCP_KERNEL` names another kernel.mjs, `VCP_NODE` another node. The tests register the kernel in a folder of their own.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import jupyter_kernel_test

ROOT = Path(__file__).resolve().parents[2]
DIST = Path(os.environ.get("VCP_KERNEL", ROOT / "kernel" / "dist" / "kernel.mjs")).resolve().parent
_PINNED = [ROOT / "node_modules" / f"node-linux-{arch}" / "bin" / "node" for arch in ("x64", "arm64")]
NODE = os.environ.get("VCP_NODE") or str(next((node for node in _PINNED if node.exists()), "node"))

_prefix = ""


def setUpModule() -> None:
    global _prefix
    _prefix = tempfile.mkdtemp(prefix="vcp-kernelspec-")
    subprocess.run([NODE, str(DIST / "install-kernelspec.mjs"), "--prefix", _prefix], check=True, stdout=sys.stderr)
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [f"{_prefix}/share/jupyter", os.environ.get("JUPYTER_PATH")]))


def tearDownModule() -> None:
    shutil.rmtree(_prefix, ignore_errors=True)


class KernelProtocolTests(jupyter_kernel_test.KernelTests):
    kernel_name = "vcp"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = 'console.log("hello, world")'
    code_stderr = 'console.error("oops")'
    completion_samples = [
        {"text": "const measured = 1; measu", "matches": {"measured"}},
        {"text": "%lsm", "matches": {"%lsmagic"}},
        {"text": "%%sh --ti", "matches": {"--timeout"}},
    ]
    complete_code_samples = ["1", "const a = 1", "function f() { return 1 }", "`a\nb`", "%lsmagic"]
    incomplete_code_samples = ["function f() {", "`abc", "/* abc", "const x =", "f(1,", "%%sh\nls"]
    invalid_code_samples = ["}", "const = 1;", 'x = "abc', "a b"]
    code_page_something = 'page("a long text")'
    code_generate_error = 'throw new Error("on purpose")'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"text"', "result": "'text'"},
        {"code": "[1, 2]", "result": "[ 1, 2 ]"},
        {"code": '({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>x</b>" }) })', "mime": "text/html", "result": "<b>x</b>"},
    ]
    code_display_data = [
        {"code": 'display({ "text/html": "<b>x</b>" })', "mime": "text/html"},
        {"code": 'displayVegaLite({ mark: "bar", data: { values: [] } })', "mime": "application/vnd.vegalite.v5+json"},
        {"code": 'import * as tslab from "tslab"\ntslab.display.png(new Uint8Array([1]))', "mime": "image/png"},
    ]
    code_history_pattern = "6 [*]*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "console"
    code_clear_output = "clearOutput()"


class IopubWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "vcp"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main()
