"""Mutated PDFs through the process that reads: whatever is in one, its reading has to end well.

`python benchmarks/fuzz_documents.py --minutes 10`: changes objects, streams, instructions and bytes of the fixtures
(`tests.mutations`) and has one after the other read as `run` and the service do. A finding is a process that died,
hung or had a bug, and with an engine other than null an accepted field of a scan that is not what the fixture prints.
Its PDF is kept in --findings under its seed, from which `python -m tests.mutations` makes it again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT))

from tests.mutations import Mutator  # noqa: E402
from workers.reading.options import ReadOptions  # noqa: E402
from workers.reading.protocol import (  # noqa: E402
    PageEvent,
    ReadEnd,
    ReadLimits,
    ReadRequest,
    Watcher,
)
from workers.reading.reader import Reader  # noqa: E402

#: Codes of failures that are the program's own.
_BUGS = frozenset({"internal_error", "crashed"})
#: Fixtures that are no scans: another font or table of codes draws other figures (a 2 for every 0, say), and nobody
#: knows what is true then.
_DRAWN = frozenset({"dongfeng-2025-born"})


class _Patient(Watcher):
    def page(self, event: PageEvent) -> bool:
        del event
        return True

    def alive(self) -> bool:
        return True


@dataclass
class Tally:
    """What became of the documents; findings by name of the PDF."""

    ends: Counter[str]
    findings: dict[str, str]
    slowest: float = 0.0
    accepted: int = 0


def find_fixtures(name: str) -> list[Path]:
    """Scans and a document of the file's own text, by the beginning of their names."""
    return sorted((_ROOT / "fixtures" / "scans").glob(f"{name}*.pdf"))


def judge(end: ReadEnd, output: Path, fixture: Path, tally: Tally) -> str:
    """What is wrong with how a document ended; empty for nothing."""
    tally.slowest = max(tally.slowest, end.seconds)
    if end.failure is not None:
        tally.ends[end.failure.code] += 1
        return f"{end.how}: {end.failure.message}" if _is_bug(end) else ""
    payload = json.loads(output.read_text(encoding="utf-8"))
    tally.ends[payload["status"]] += 1
    accepted, wrong = find_wrong(payload, fixture)
    tally.accepted += accepted
    return f"accepted: {', '.join(wrong[:5])} ({len(wrong)} in all)" if wrong else ""


def find_wrong(
    payload: dict[str, Any], fixture: Path, statuses: tuple[str, ...] = ("accepted",)
) -> tuple[int, list[str]]:
    """How many fields of these statuses can be compared with what the fixture prints, and those that are not that."""
    truth_file = fixture.with_suffix(".truth.json")
    # What a text says is changed by changing the text.
    if fixture.stem in _DRAWN or any(page["kind"] == "text" for page in payload["pages"]):
        return 0, []
    if not truth_file.exists():
        return 0, []
    truth = [report["fields"] for report in json.loads(truth_file.read_text(encoding="utf-8"))["reports"]]
    told = [item for report in payload["reports"] for item in report["fields"].items()]
    compared = [(name, field) for name, field in told if field["status"] in statuses]
    return len(compared), [
        f"{name} {field['raw']!r} for {truth[0].get(name)}"
        for name, field in compared
        if all(fields.get(name) != field["value"] for fields in truth)
    ]


def _is_bug(end: ReadEnd) -> bool:
    assert end.failure is not None
    return end.how.value in {"died", "hung"} or end.failure.code in _BUGS


def main() -> int:
    """Reads until the time is up; 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="null")
    parser.add_argument("--fixture", default="", help="only this one, by the beginning of its name")
    parser.add_argument("--verbose", action="store_true", help="tell each document before it is read")
    parser.add_argument("--findings", type=Path, default=Path("build/findings"))
    arguments = parser.parse_args()
    limits = ReadLimits(page_timeout=60.0, document_timeout=120.0)
    reader = Reader(ReadOptions(engine=arguments.engine), limits)
    fixtures, mutator = find_fixtures(arguments.fixture), Mutator()
    tally, until, seed = Tally(Counter(), {}), time.monotonic() + 60 * arguments.minutes, arguments.seed
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "work").mkdir()
        while time.monotonic() < until:
            fixture = fixtures[seed % len(fixtures)]
            pdf, output = folder / "mutated.pdf", folder / "result.json"
            pdf.write_bytes(mutator.mutate(fixture.read_bytes(), seed))
            if arguments.verbose:
                sys.stdout.write(f"{seed} {fixture.stem}\n")
                sys.stdout.flush()
            # The copy is written anew by another reader.
            copy = folder / "copy.pdf" if seed % 2 else None
            request = ReadRequest(pdf, pdf.name, output, folder / "work", searchable=copy)
            end = reader.read(request, _Patient())
            told = judge(end, output, fixture, tally)
            if told:
                kept = f"{fixture.stem}-{seed}.pdf"
                arguments.findings.mkdir(parents=True, exist_ok=True)
                (arguments.findings / kept).write_bytes(pdf.read_bytes())
                tally.findings[kept] = told
                sys.stdout.write(f"{kept}: {told}\n")
                sys.stdout.flush()
            seed += 1
    reader.kill()
    mutator.close()
    ends = ", ".join(f"{count} {code}" for code, count in tally.ends.most_common())
    sys.stdout.write(
        f"{seed - arguments.seed} documents: {ends}; {tally.accepted} fields accepted; slowest"
        f" {tally.slowest:.1f} s; {len(tally.findings)} findings\n"
    )
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
