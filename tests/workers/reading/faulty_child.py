"""A process that reads, and does what a document's name says: the faults cannot be had from outside.

`hang-2.pdf` hangs on page 2, `die-1.pdf` kills its process on page 1, `die-0.pdf` before any page, `swell-2.pdf`
takes a gigabyte on page 2 and keeps it, `large-2.pdf` gives it back, `slow.pdf` takes a while for every page.
`once-2.pdf` kills its process on page 2 the first time, and leaves beside itself how many readings were known the
second time. `hoard-2.pdf` takes 450 MB on page 2 for life, the first time. Several faults have a + between them. The
rest is the real pipeline.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from extractor.pipeline import extract_document
from extractor.seams.engine import OcrEngine
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.result import Result
from models.checkpoint import CheckpointEngine
from workers.reading.child import run_child

_SLOW = 0.3
#: Bytes.
_LARGE, _HOARD = 1 << 30, 450 << 20
_hoarded: list[bytes] = []


def extract_or_fail(
    path: Path,
    *,
    name: str,
    readers: Readers,
    options: Options,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    matches = [re.match(r"(hang|die|slow|swell|large|hoard|once)-?(\d*)", part) for part in name.split("+")]
    faults = [(match[1], int(match[2] or 0)) for match in matches if match]

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress(done, total)
        for kind, page in faults:
            if kind == "slow":
                time.sleep(_SLOW)
            elif done == page - 1 and page not in options.left_out:
                _strike(kind, path, readers.engine)

    for kind, page in faults:
        if page == 0:
            _strike(kind, path, readers.engine)
    return extract_document(path, name=name, readers=readers, options=options, progress=report)


def _strike(kind: str, path: Path, engine: OcrEngine) -> None:
    struck = path.with_suffix(".struck")
    if kind == "once" and struck.exists():
        struck.write_text(str(len(cast(CheckpointEngine, engine)._known)))
    elif kind in {"die", "once"}:
        if kind == "once":
            struck.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "swell":
        swollen = b"x" * _LARGE
        time.sleep(3600)
        del swollen
    elif kind == "large":
        swollen = b"x" * _LARGE
        time.sleep(1)
        del swollen
    elif kind == "hoard":
        if not struck.exists():
            struck.touch()
            _hoarded.append(b"x" * _HOARD)
    elif kind == "hang":
        time.sleep(3600)


if __name__ == "__main__":
    run_child(int(sys.argv[1]), extract_or_fail)
