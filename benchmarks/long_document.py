"""A long document read by one reader process and by several: how long that takes, and what sharing it costs.

`python benchmarks/long_document.py [--pages 500] [--readers 1 4] [--engine fast] [--prose]` binds the pages of
`fixtures/scans` into one volume, or with --prose one report and pages of prose behind it, and sends it to a service
with so many workers of one reader each. For each it tells wall-clock and processor time, how much of it was for pages
and for reports, which are shared, and for what one process does: to list the reports and to make the result. Besides
what the pages took in the store, and whether the results have the same bytes. More readers than processors share
these: what ten would take with a processor each is calculated from the parts, and told as such.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pikepdf
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.rolling_update import say
from extractor.pages import STRETCH
from tests.workers.service.processes import Stage, wait_until
from workers.service.store.records import Job
from workers.service.store.schema import JobState, stretches
from workers.service.store.stretches import StretchKind

_SCANS = Path(__file__).parents[1] / "fixtures" / "scans"
#: A report, and pages of prose without a title, by their places.
_REPORT, _PROSE = "dongfeng-2025.pdf", (("fax.pdf", 2), ("jinhu-2023-rough.pdf", 2))
_TICK = 0.5
_HANDS = 10


@dataclass(slots=True)
class Taken:
    """What a document took, in seconds. phases: of processors. kept: bytes in the store meanwhile."""

    wall: float
    phases: Counter[str]
    kept: int
    stages: dict[str, float]
    result: str


def bind(pages: int, path: Path, *, is_prose: bool) -> None:
    """A volume of so many pages."""
    every = sorted(_SCANS.glob("*.pdf"))
    places = [(name, None) for name in every]
    if is_prose:
        places = [(_SCANS / name, place) for name, place in _PROSE]
    with pikepdf.new() as volume:
        if is_prose:
            _append(volume, _SCANS / _REPORT, None, pages)
        for name, place in cycle(places):
            _append(volume, name, place, pages)
            if len(volume.pages) == pages:
                break
        volume.save(path)


def _append(volume: pikepdf.Pdf, source: Path, place: int | None, most: int) -> None:
    with pikepdf.open(source) as scan:
        chosen = list(scan.pages) if place is None else [scan.pages[place]]
        volume.pages.extend(chosen[: most - len(volume.pages)])


def read(volume: Path, data: Path, readers: int, engine: str) -> Taken:
    """Has the volume read by workers of one reader each."""
    stage = Stage(
        data,
        f"sqlite:///{data / 'service.sqlite3'}",
        engine=engine,
        second_engine="auto" if engine == "fast" else "none",
        reader_module="workers.reading.child",
        lease=60.0,
        heartbeat=5.0,
    )
    try:
        for _ in range(readers):
            stage.start_worker()
        wait_until(lambda: stage.machines() == readers, what="the workers")
        spent, started = _processor_seconds(stage), time.monotonic()
        job = stage.submit(volume)
        kept, phases = 0, Counter[str]()
        while (seen := stage.job(job.id)).state not in {JobState.DONE, JobState.FAILED}:
            kept = max(kept, _bytes_kept(data))
            phase = _find_phase(stage, seen)
            time.sleep(_TICK)
            before, spent = spent, _processor_seconds(stage)
            phases[phase] += spent - before
        wall = time.monotonic() - started
        assert seen.state is JobState.DONE, stage.describe([job.id])
        content = json.loads(stage.result(seen))
        timing = content.pop("timing")
        return Taken(wall, phases, kept, timing, json.dumps(content))
    finally:
        stage.close()


def _find_phase(stage: Stage, job: Job) -> str:
    """What a job's document is at."""
    if job.pages_done < job.pages or not job.pages:
        return "pages"
    is_run = (stretches.c.job == job.id) & (stretches.c.kind == StretchKind.RUNS)
    query = sa.select(sa.func.count(), sa.func.sum(sa.case((stretches.c.done, 0), else_=1))).where(is_run)
    with stage.service.database.read() as connection:
        every, left = connection.execute(query).one()
    return "reports" if left else "result" if every else "list"


def _processor_seconds(stage: Stage) -> float:
    """Of all workers and their readers."""
    processes = [pid for worker in stage.workers for pid in (worker.process.pid, *worker.readers())]
    ticks = 0
    for pid in processes:
        numbers = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
        # utime, stime, and those of children that have ended (proc(5)).
        ticks += sum(int(number) for number in numbers[11:15])
    return ticks / 100


def _bytes_kept(data: Path) -> int:
    total = 0
    for path in (data / "blobs").glob("??/*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _calculate(pages: int, one: Taken, last: Taken) -> None:
    """What many would take, each with a processor: the longest has a round of stretches more than the shortest."""
    rounds = math.ceil(math.ceil(pages / STRETCH) / _HANDS) * STRETCH / pages
    shared = last.phases["pages"] * rounds + last.phases["reports"] / _HANDS
    alone = last.phases["list"] + last.phases["result"]
    say(
        f"calculated, {_HANDS} readers with a processor each: {shared:.0f} s for what is shared, {alone:.0f} s for "
        f"what is not, {one.phases.total() / (shared + alone):.1f} times as fast as one"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--engine", default="fast")
    parser.add_argument("--prose", action="store_true")
    arguments = parser.parse_args()
    found: dict[int, Taken] = {}
    with tempfile.TemporaryDirectory(prefix="long-") as folder:
        volume = Path(folder) / "volume.pdf"
        bind(arguments.pages, volume, is_prose=arguments.prose)
        for readers in arguments.readers:
            taken = read(volume, Path(folder) / f"data-{readers}", readers, arguments.engine)
            found[readers] = taken
            stages = ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in taken.stages.items())
            phases = ", ".join(f"{phase} {seconds:.0f}" for phase, seconds in taken.phases.items())
            total = taken.phases.total()
            say(
                f"{readers} readers: {taken.wall:.0f} s; processors {total:.0f} s ({total / arguments.pages:.2f} a "
                f"page): {phases}; by the readers' clocks {stages}; kept {taken.kept / 1e6:.0f} MB"
            )
    one, *others = found.values()
    for readers, taken in list(found.items())[1:]:
        same = "the same bytes" if taken.result == one.result else "ANOTHER RESULT"
        ratio = taken.phases.total() / one.phases.total()
        say(f"{readers} readers against one: {same}, {ratio:.3f} of its processor time")
    if others:
        _calculate(arguments.pages, one, others[-1])
    return 0 if all(taken.result == one.result for taken in others) else 1


if __name__ == "__main__":
    sys.exit(main())
