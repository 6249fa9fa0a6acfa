"""What one run is asked to do: validated at the edge, frozen, handed to every process."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from extractor import __version__
from extractor.seams.engine import OcrEngine
from extractor.seams.options import Options
from extractor.values.result import Result
from workers.exports.formats import DATASET_FORMATS
from workers.files.digests import digest_package

#: Bytes one process may need at its peak; with less memory fewer processes run.
_PROCESS_BYTES = 1_200_000_000


class Extract(Protocol):
    """The pipeline: what `extractor.pipeline.extract_document` looks like."""

    def __call__(
        self,
        path: Path,
        *,
        name: str,
        engine: OcrEngine,
        second: OcrEngine | None,
        options: Options,
        progress: Callable[[int, int], None] | None = None,
    ) -> Result: ...


def extract_document(
    path: Path,
    *,
    name: str,
    engine: OcrEngine,
    second: OcrEngine | None,
    options: Options,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """The pipeline, imported where it runs: the command line itself needs none of it."""
    from extractor.pipeline import extract_document as extract

    return extract(path, name=name, engine=engine, second=second, options=options, progress=progress)


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Settings of one run.

    output: folder of the result JSONs. timeout: wall-clock seconds one document may take. second_engine:
    empty for none. extract: the pipeline, a function of a module that every process can import. exports: formats
    written beside each JSON, and of the dataset. retry_failed: read only what has failed before.
    """

    output: Path
    engine: str = "fast"
    second_engine: str = ""
    options: Options = field(default_factory=Options)
    jobs: int = 1
    timeout: float = 1800.0
    force: bool = False
    extract: Extract = extract_document
    exports: tuple[str, ...] = ()
    retry_failed: bool = False

    @property
    def dataset_formats(self) -> tuple[str, ...]:
        """Formats of the dataset that is written after the run."""
        return tuple(name for name in self.exports if name in DATASET_FORMATS)


def default_jobs() -> int:
    """As many processes as there are processors to use and memory for."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(len(os.sched_getaffinity(0)), memory // _PROCESS_BYTES))


def run_fingerprint(settings: RunSettings, engine: OcrEngine, second: OcrEngine | None) -> str:
    """Changes whenever the same document could give another result: engines, code, forms and options."""
    options = settings.options
    parts = {
        "engine": engine.fingerprint,
        "second": second.fingerprint if second else "",
        "version": __version__,
        "code": digest_package("extractor"),
        "forms": [hashlib.sha256(path.read_bytes()).hexdigest() for path in options.forms],
        "pages": [options.max_pages, options.max_megapixels],
        "judge": options.judge.fingerprint,
        "finder": options.finder.fingerprint if options.finder else "",
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
