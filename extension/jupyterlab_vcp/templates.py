"""The notebooks that ship with the product: listed, and copied beside the person's own files."""

import json
from pathlib import Path

from jupyter_core.utils import ensure_async

from .node import package_file

DESCRIPTION = "template.json"
# What belongs to the template itself, not to the work copy.
KEPT_BACK = {DESCRIPTION, "README.md", ".ipynb_checkpoints", "__pycache__"}


class TemplateMissing(Exception):
    """No template has this name."""


class Templates:
    def __init__(self, folder=None):
        self.folder = Path(folder or package_file("templates", override="VCP_TEMPLATES"))

    def list(self):
        """The descriptions as they stand in the templates' own files, by name."""
        found = []
        for description in sorted(self.folder.glob(f"*/{DESCRIPTION}")):
            try:
                found.append({**json.loads(description.read_text(encoding="utf-8")), "id": description.parent.name})
            except (OSError, ValueError):
                continue  # one broken site template does not hide the others
        return found

    async def copy(self, name, folder, contents):
        """Copies through the contents manager and returns the path of the notebook.

        One notebook alone goes straight into `folder`; several files get a folder of their own.
        A name that is taken is counted up, never overwritten. Raises TemplateMissing.
        """
        source = self.folder / name
        if name in ("", ".", "..") or source.parent != self.folder or not (source / DESCRIPTION).is_file():
            raise TemplateMissing(f"There is no template “{name}”.")
        files = sorted(path for path in source.rglob("*") if path.is_file() and not self._kept_back(path, source))
        notebooks = [path for path in files if path.suffix == ".ipynb"]
        if not notebooks:
            raise TemplateMissing(f"The template “{name}” holds no notebook.")
        if len(files) == 1:
            target = await ensure_async(contents.increment_filename(files[0].name, folder))
            return (await self._save(files[0], _join(folder, target), contents))["path"]
        own = _join(folder, await ensure_async(contents.increment_filename(name, folder)))
        await ensure_async(contents.save({"type": "directory"}, own))
        saved = {}
        for path in files:
            await self._folders(path.relative_to(source).parent, own, contents)
            saved[path] = await self._save(path, _join(own, path.relative_to(source).as_posix()), contents)
        return saved[notebooks[0]]["path"]

    @staticmethod
    def _kept_back(path, source):
        return any(part in KEPT_BACK for part in path.relative_to(source).parts)

    @staticmethod
    async def _folders(relative, own, contents):
        for depth in range(1, len(relative.parts) + 1):
            path = _join(own, *relative.parts[:depth])
            if not await ensure_async(contents.dir_exists(path)):
                await ensure_async(contents.save({"type": "directory"}, path))

    @staticmethod
    async def _save(path, target, contents):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            model = {"type": "notebook", "format": "json", "content": json.loads(text)}
        else:
            model = {"type": "file", "format": "text", "content": text}
        return await ensure_async(contents.save(model, target))


def _join(*parts):
    return "/".join(part.strip("/") for part in parts if part.strip("/"))
