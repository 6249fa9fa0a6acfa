"""CPU seconds per page by stage, the fast engine beside the official pipeline, on the same pages in one run.

`python benchmarks/speed.py fixtures/scans/dongfeng-2025.pdf …`: each engine reads all documents in a process of its
own, on one thread, turn about for as many rounds as asked. Start-up (imports and loading the weights) is counted
apart; peak memory is the process's largest. CPU time is that of all threads of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

_ENGINES = ("fast", "paddleocr")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One round of one engine: CPU seconds of start-up and by stage, pages read, peak memory in megabytes."""

    startup: float
    stages: dict[str, float]
    total: float
    pages: int
    peak_mb: float


def read_documents(engine_name: str, pdfs: list[Path]) -> dict[str, object]:
    """Reads the documents in this process and tells what it cost."""
    from extractor.pipeline import extract_document
    from extractor.seams.options import Options
    from models.engines import load_engine

    engine = load_engine(engine_name)
    startup = time.process_time()
    stages: dict[str, float] = {}
    pages = 0
    # The pipeline's own clock tells wall time; here every stage is wanted in CPU time.
    with patch("extractor.pipeline.time.perf_counter", time.process_time):
        for pdf in pdfs:
            result = extract_document(pdf, name=pdf.name, engine=engine, second=None, options=Options())
            pages += result.source.pages
            for stage, seconds in result.timing.items():
                stages[stage] = stages.get(stage, 0.0) + seconds
    return {"startup": startup, "stages": stages, "total": time.process_time() - startup, "pages": pages}


def measure(engine: str, pdfs: list[Path]) -> Measurement:
    """One round in a process of its own."""
    environment = os.environ | dict.fromkeys(_ONE_THREAD, "1")
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    command = [sys.executable, __file__, "--child", engine, *map(str, pdfs)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if process.stdout is None or process.stderr is None:
        raise OSError("the process has no output")
    output, errors = process.stdout.read(), process.stderr.read()
    # wait4 tells the memory of this process; Popen.wait does not.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{engine} failed: {errors[-2000:]}")
    found = json.loads(output.splitlines()[-1])
    return Measurement(**found, peak_mb=usage.ru_maxrss / 1024)


def describe(engine: str, rounds: list[Measurement]) -> list[str]:
    """Lines of the table for one engine: medians over the rounds."""
    pages = rounds[0].pages
    stages = {name: statistics.median(r.stages[name] for r in rounds) / pages for name in rounds[0].stages}
    total = statistics.median(r.total for r in rounds) / pages
    startup = statistics.median(r.startup for r in rounds)
    parts = "  ".join(f"{name} {seconds:.3f}" for name, seconds in stages.items())
    peak = max(r.peak_mb for r in rounds)
    return [f"{engine:12} {total:8.3f} {startup:9.2f} {peak:8.0f}  {parts}"]


def main() -> int:
    """Measures the engines turn about and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pdfs", metavar="PDF", type=Path, nargs="+")
    parser.add_argument("--engine", action="append", help="Engines to compare. [default: fast and paddleocr]")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        sys.stdout.write(json.dumps(read_documents(arguments.child, arguments.pdfs)) + "\n")
        return 0
    engines = arguments.engine or list(_ENGINES)
    found: dict[str, list[Measurement]] = {engine: [] for engine in engines}
    for _ in range(arguments.rounds):
        for engine in engines:
            found[engine].append(measure(engine, arguments.pdfs))
    pages = found[engines[0]][0].pages
    write = sys.stdout.write
    write(f"{len(arguments.pdfs)} documents, {pages} pages, {arguments.rounds} rounds, one thread\n")
    write(f"{'engine':12} {'CPU s/pg':>8} {'start-up':>9} {'peak MB':>8}  CPU s per page by stage\n")
    for engine in engines:
        write("\n".join(describe(engine, found[engine])) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
