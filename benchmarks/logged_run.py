"""`extractor run` with a log of what it reads, for `archive.py`: a line when a document is begun and when it is read.

`python benchmarks/logged_run.py run …` is the real command in all else. ARCHIVE_LOG names the log. A document whose
name begins with `scan-NAME-` is read with the recording of `fixtures/scans/NAME.pdf` where the engine is the null
one.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from extractor.pipeline import extract_document
from extractor.seams.engine import OcrEngine
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.shelf import PageShelf
from extractor.values.result import Result
from models.engines import load_engine
from workers.batch.settings import RunSettings
from workers.cli.commands import run
from workers.cli.entry import run_cli
from workers.reading.child import run_child

_RECORDINGS = Path(__file__).parents[1] / "fixtures" / "recordings"


def extract(
    path: Path,
    *,
    name: str,
    readers: Readers,
    options: Options,
    progress: Callable[[int, int], None] | None = None,
    shelf: PageShelf | None = None,
) -> Result:
    """The pipeline, logged. A failure is read to its end too."""
    tell("begun", name)
    if readers.engine.name == "null":
        readers = replace(readers, engine=_replay(path.name))
    try:
        return extract_document(
            path, name=name, readers=readers, options=options, progress=progress, shelf=shelf
        )
    finally:
        tell("read", name)


def tell(what: str, name: str) -> None:
    """Adds a line to the log in one write, so that lines of several processes and of a killed one stay whole."""
    log = os.open(os.environ["ARCHIVE_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(log, f"{what}\t{name}\n".encode())
    finally:
        os.close(log)


def _replay(file: str) -> OcrEngine:
    stem = file.removeprefix("scan-").rpartition("-")[0] if file.startswith("scan-") else ""
    return _load(f"replay:{_RECORDINGS / stem}.npz" if stem else "null")


@cache
def _load(name: str) -> OcrEngine:
    return load_engine(name)


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        run_child(int(sys.argv[1]), extract)
    else:
        # The processes that read are this file too, which they find by its name.
        os.environ["PYTHONPATH"] = str(Path(__file__).parent)
        run.RunSettings = functools.partial(RunSettings, reader_module="logged_run")  # type: ignore[misc, assignment]
        sys.exit(run_cli())
