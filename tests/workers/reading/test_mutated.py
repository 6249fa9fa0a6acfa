"""A few mutated documents; `benchmarks/fuzz_documents.py` makes as many as one has time for."""

from __future__ import annotations

import pytest

from tests.mutations import Mutator, mutate
from tests.workers.reading.test_reader import Listener
from workers.reading.options import ReadOptions
from workers.reading.protocol import How, ReadLimits, ReadRequest
from workers.reading.reader import Reader

pytestmark = [pytest.mark.slow, pytest.mark.issue(26)]
#: Mutations of a document that are compared, and of which are read.
_MADE, _READ = 12, 5


def test_the_same_seed_gives_the_same_document_in_every_process(fixtures_folder):
    content = (fixtures_folder / "scans" / "wrong-total.pdf").read_bytes()
    made = [mutate(content, seed) for seed in range(_MADE)]
    mutator = Mutator()
    try:
        assert made == [mutator.mutate(content, seed) for seed in range(_MADE)]
    finally:
        mutator.close()
    assert len({content, *made}) > 10


@pytest.mark.parametrize("name", ["dongfeng-2025-born", "fax", "wrong-total"])
def test_mutated_documents_end_well(fixtures_folder, tmp_path, name):
    content = (fixtures_folder / "scans" / f"{name}.pdf").read_bytes()
    (tmp_path / "work").mkdir()
    reader = Reader(ReadOptions(engine="null"), ReadLimits(page_timeout=60.0, document_timeout=120.0))
    mutator = Mutator()
    try:
        for seed in range(_READ):
            pdf = tmp_path / f"{seed}.pdf"
            pdf.write_bytes(mutator.mutate(content, seed))
            request = ReadRequest(pdf, pdf.name, tmp_path / "r.json", tmp_path / "work")
            end = reader.read(request, Listener())
            assert end.how in {How.DONE, How.FAILED}, (seed, end)
            assert end.failure is None or end.failure.code != "internal_error", (seed, end)
    finally:
        reader.kill()
        mutator.close()
