"""A reader's memory is bounded: what it reads first prepares all there is to prepare, whatever it reads then."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.paths import ROOT
from workers.reading.options import ReadOptions
from workers.reading.protocol import How, PageEvent, ReadLimits, ReadRequest, Watcher
from workers.reading.reader import Reader

pytestmark = [pytest.mark.model, pytest.mark.slow]

#: Megabytes a reader may hold between two documents, and by which it may grow from the fifth one on.
_MOST, _GROWTH = 700, 100
_DOCUMENTS = 10


class Patient(Watcher):
    def page(self, event: PageEvent) -> bool:
        return True

    def alive(self) -> bool:
        return True


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_memory_of_a_reader_is_bounded(tmp_path):
    pdfs = sorted((ROOT / "fixtures" / "scans").glob("*.pdf"))
    reader = Reader(ReadOptions(), ReadLimits())
    held = []
    try:
        for number in range(_DOCUMENTS):
            pdf = pdfs[number % len(pdfs)]
            request = ReadRequest(pdf=pdf, name=pdf.name, output=tmp_path / f"{number}.json", work=tmp_path)
            assert reader.read(request, Patient()).how is How.DONE
            # It is ready for the next one when it has given back what this one took.
            time.sleep(0.2)
            held.append(resident_mb(reader._process.pid))
    finally:
        reader.kill()
    assert max(held) < _MOST
    assert held[-1] - held[4] < _GROWTH
