"""What a wheel holds: `extractor`, and under one other name all that could be called like something of a user's.

`models` and `workers` are folders of `gio_extractor` there, and whatever imports them imports them from it. Of
`workers` as Celery's tools are told of it (`celery -A workers.celery_app`) there is a module in a folder that is no
package: a user's own package `workers` goes before it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HOME = "gio_extractor"
_MOVED = ("models", "workers")
#: What only who works on the project needs.
_LEFT_OUT = ("models/training",)
_KEPT = {".py", ".pyi"}
_IMPORT = re.compile(rf"^(\s*)from ({'|'.join(_MOVED)})\b", re.MULTILINE)
_CELERY = '''"""`celery -A workers.celery_app`: the service as Celery's own tools see it."""

import sys

from gio_extractor.workers import celery_app

sys.modules[__name__] = celery_app
'''


def rename_imports(source: str) -> str:
    """A module's source with what it imports from the folders that are moved."""
    return _IMPORT.sub(rf"\1from {HOME}.\2", source)


def fill_folder(root: Path, folder: Path) -> None:
    """Puts what a wheel holds into a folder that is empty, as it lies in it."""
    for name in ("extractor", HOME, *_MOVED):
        for path in sorted((root / name).rglob("*")):
            told = path.relative_to(root)
            is_ours = not any(told.is_relative_to(left) for left in _LEFT_OUT)
            if path.is_dir() or "__pycache__" in told.parts or not is_ours:
                continue
            target = folder / (HOME if name in _MOVED else "") / told
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix in _KEPT:
                target.write_text(rename_imports(path.read_text(encoding="utf-8")), encoding="utf-8")
            else:
                shutil.copyfile(path, target)
    (folder / "workers").mkdir()
    (folder / "workers" / "celery_app.py").write_text(_CELERY, encoding="utf-8")


class WheelHook(BuildHookInterface[Any]):
    """Fills the wheel; an editable installation is the repository itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is written."""
        if version == "editable":
            return
        folder = Path(self.root) / "build" / "wheel"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fill_folder(Path(self.root), folder)
        build_data["force_include"] = {str(path): path.name for path in sorted(folder.iterdir())}
