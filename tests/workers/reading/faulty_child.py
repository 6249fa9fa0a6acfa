"""A process that reads, and does what a document's name says: the faults cannot be had from outside.

`hang-2.pdf` hangs on page 2, `die-1.pdf` kills its process on page 1, `die-0.pdf` before any page, `swell-2.pdf`
takes a gigabyte on page 2 and keeps it, `large-2.pdf` gives it back, `slow.pdf` takes a while for every page.
`once-2.pdf` kills its process on page 2 the first time, and leaves beside itself how many pages were known the
second time. `hoard-2.pdf` takes 450 MB on page 2 for life, the first time. Several faults have a + between them. The
rest is the real pipeline.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from extractor.pipeline import extract_document, read_stretch
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.shelf import PageShelf
from extractor.values.result import Result
from workers.reading.child import run_child
from workers.reading.shelf import FileShelf

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
    shelf: PageShelf | None = None,
) -> Result:
    faults = _faults(name)

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress(done, total)
        _strike_before(done + 1, faults, path, options, shelf)

    for kind, page in faults:
        if page == 0:
            _strike(kind, path, shelf)
    return extract_document(path, name=name, readers=readers, options=options, progress=report, shelf=shelf)


def read_stretch_or_fail(
    path: Path, pages: range, *, name: str, readers: Readers, options: Options, shelf: PageShelf
) -> Iterator[tuple[int, int]]:
    told = read_stretch(path, pages, name=name, readers=readers, options=options, shelf=shelf)
    for done, total in told:
        yield done, total
        _strike_before(done + 1, _faults(name), path, options, shelf)


def _faults(name: str) -> list[tuple[str, int]]:
    matches = [re.match(r"(hang|die|slow|swell|large|hoard|once)-?(\d*)", part) for part in name.split("+")]
    return [(match[1], int(match[2] or 0)) for match in matches if match]


def _strike_before(
    page_no: int, faults: list[tuple[str, int]], path: Path, options: Options, shelf: PageShelf | None
) -> None:
    # A page that was read before is taken as it is.
    if page_no in options.left_out or (isinstance(shelf, FileShelf) and page_no in shelf.numbers):
        return
    for kind, page in faults:
        if kind == "slow":
            time.sleep(_SLOW)
        elif page_no == page:
            _strike(kind, path, shelf)


def _strike(kind: str, path: Path, shelf: PageShelf | None) -> None:
    struck = path.with_suffix(".struck")
    if kind == "once" and struck.exists():
        struck.write_text(str(len(cast(FileShelf, shelf).numbers)))
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
    run_child(int(sys.argv[1]), extract_or_fail, read_stretch_or_fail)
