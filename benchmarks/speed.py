"""What reading costs: this program, its slower engine, another program and an earlier revision, on the same pages.

`python benchmarks/speed.py [PDF…]` reads the documents (those of `fixtures/scans` unless told otherwise) with
the `fast` and the `paddleocr` engine, each with the second reader and the calibrator, as `extractor run` has them.

  --peers FOLDER     also img2table with RapidOCR, in an environment that is made in FOLDER if there is none
  --before REVISION  also this program as it was at a revision, from a worktree of its own that goes afterwards
  --memory N         also what a process holds after 1, 10, 50 … N documents, read over and over (this program's)

Each way reads in a process of its own, on one thread, turn about for as many rounds as asked; only ratios within one
run mean anything. Start-up (imports, loading the weights) is told apart. "First" is what a page of the first document
costs beyond start-up; "later" is all of them once more, when the runtimes have met every width.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

_ROOT = Path(__file__).resolve().parents[1]
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
#: What other programs need; nothing of ours depends on it.
_PEERS = ("img2table==2.0.0", "rapidocr==3.10.0", "onnxruntime==1.32.0")
#: Documents after which memory is told.
_TOLD = (1, 10, 50, 200, 1000)
#: Takes a document and tells its pages, and the CPU seconds of its stages.
Read = Callable[[Path], tuple[int, dict[str, float]]]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read: its name, the Python that runs it, the tree its code comes from, and what `_load` is told."""

    name: str
    python: str
    tree: Path
    loaded: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One round: CPU seconds of start-up; seconds and pages of the first document, of all, and of all once more."""

    startup: float
    first_cpu: float
    first_pages: int
    cpu: float
    wall: float
    later_cpu: float
    pages: int
    stages: dict[str, float]
    peak_mb: float = 0.0


def _load(name: str) -> Read:
    """What reads a document in this process."""
    return _load_img2table() if name == "img2table" else _load_own(name)


def _load_own(engine: str) -> Read:
    from extractor.pipeline import extract_document
    from workers.reading import child
    from workers.reading.options import ReadOptions

    loaded = ReadOptions(engine=engine).load()
    # As the process of `extractor run` does after each document, where the revision has it.
    give_back: Callable[[], None] = getattr(child, "give_back_memory", lambda: None)
    # Revisions before the page network name both recognisers one by one.
    names = ("readers",) if hasattr(loaded, "readers") else ("engine", "second")
    readers: dict[str, Any] = {name: getattr(loaded, name) for name in names}

    def read(pdf: Path) -> tuple[int, dict[str, float]]:
        # The pipeline's own clock tells wall time; here every stage is wanted in CPU time.
        with patch("extractor.pages.time.perf_counter", time.process_time):
            result = extract_document(pdf, name=pdf.name, options=loaded.options, **readers)
        give_back()
        return result.source.pages, dict(result.timing)

    return read


def _load_img2table() -> Read:
    import pypdfium2
    from img2table.document import PDF
    from img2table.ocr import RapidOCR

    one = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
    ocr = RapidOCR({f"EngineConfig.onnxruntime.{name}": count for name, count in one.items()})

    def read(pdf: Path) -> tuple[int, dict[str, float]]:
        PDF(pdf, pdf_text_extraction=False).extract_tables(ocr=ocr)
        with pypdfium2.PdfDocument(pdf) as document:
            return len(document), {}

    return read


def _read_all(name: str, pdfs: list[Path]) -> dict[str, Any]:
    """One round in this process, as `Measurement` takes it."""
    read = _load(name)
    startup = time.process_time()
    first_pages = pages = 0
    first_cpu = 0.0
    stages: dict[str, float] = {}
    started = time.perf_counter()
    for number, pdf in enumerate(pdfs):
        count, spent = read(pdf)
        pages += count
        for stage, seconds in spent.items():
            stages[stage] = stages.get(stage, 0.0) + seconds
        if number == 0:
            first_cpu, first_pages = time.process_time() - startup, count
    cpu, wall = time.process_time() - startup, time.perf_counter() - started
    for pdf in pdfs:
        read(pdf)
    return {
        "startup": startup,
        "first_cpu": first_cpu,
        "first_pages": first_pages,
        "cpu": cpu,
        "wall": wall,
        "later_cpu": time.process_time() - startup - cpu,
        "pages": pages,
        "stages": stages,
    }


def _follow_memory(name: str, pdfs: list[Path], documents: int) -> dict[str, float]:
    """Resident megabytes of this process after some numbers of documents."""
    read = _load(name)
    held: dict[str, float] = {}
    for number in range(1, documents + 1):
        read(pdfs[(number - 1) % len(pdfs)])
        if number in _TOLD or number == documents:
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            held[str(number)] = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return held


def _run_child(way: Way, pdfs: list[Path], documents: int) -> tuple[Any, float]:
    """What a process of this way told, and its peak memory in megabytes."""
    environment = os.environ | _ONE_THREAD | {"PYTHONPATH": str(way.tree)}
    # Not from this folder (-P), and not from the tree the environment has installed.
    command = [way.python, "-P", __file__, "--child", way.loaded, "--memory", str(documents), *map(str, pdfs)]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=way.tree
        )
        if process.stdout is None:
            raise OSError("the process has no output")
        output = process.stdout.read()
        # wait4 tells the memory of this process; Popen.wait does not.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise SystemExit(f"{way.name} failed: {errors.read()[-2000:]}")
    return json.loads(output.splitlines()[-1]), usage.ru_maxrss / 1024


def measure(way: Way, pdfs: list[Path]) -> Measurement:
    """One round in a process of its own."""
    found, peak = _run_child(way, pdfs, 0)
    return Measurement(**found, peak_mb=peak)


def describe(name: str, rounds: list[Measurement]) -> str:
    """Line of the table for one way: medians over the rounds."""

    def middle(of: Callable[[Measurement], float]) -> float:
        return statistics.median(of(one) for one in rounds)

    pages = rounds[0].pages
    told = [
        middle(lambda one: one.cpu) / pages,
        middle(lambda one: one.wall) / pages,
        middle(lambda one: one.later_cpu) / pages,
        middle(lambda one: one.first_cpu) / rounds[0].first_pages,
        middle(lambda one: one.startup),
    ]
    stages = {stage: middle(lambda one, s=stage: one.stages[s]) / pages for stage in rounds[0].stages}
    parts = "  ".join(f"{stage} {seconds:.3f}" for stage, seconds in stages.items())
    figures = "".join(f"{figure:9.3f}" for figure in told)
    return f"{name:12}{figures}{max(one.peak_mb for one in rounds):9.0f}  {parts}"


def make_peers(folder: Path) -> str:
    """The Python of an environment with the other programs, made if there is none."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *_PEERS]
        subprocess.run(command, check=True)
    return str(python)


@contextmanager
def _worktree(revision: str | None) -> Iterator[Path | None]:
    """A tree of the revision for as long as the block lasts; None for no revision."""
    if revision is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="speed-"))
    git = ["git", "-C", str(_ROOT), "worktree"]
    try:
        subprocess.run([*git, "add", "--quiet", "--detach", str(folder / "tree"), revision], check=True)
        yield folder / "tree"
    finally:
        subprocess.run([*git, "remove", "--force", str(folder / "tree")], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def compare(ways: list[Way], pdfs: list[Path], rounds: int, documents: int) -> None:
    """Measures the ways turn about and prints the tables."""
    found: dict[str, list[Measurement]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            found[way.name].append(measure(way, pdfs))
    pages = found[ways[0].name][0].pages
    write = sys.stdout.write
    write(f"{len(pdfs)} documents, {pages} pages, {rounds} rounds, one thread; s a page, start-up in s\n")
    columns = "".join(f"{title:>9}" for title in ("CPU", "wall", "later", "first", "start-up", "peak MB"))
    write(f"{'':12}{columns}  CPU by stage\n")
    for way in ways:
        write(describe(way.name, found[way.name]) + "\n")
    own = statistics.median(one.cpu for one in found[ways[0].name])
    for way in ways[1:]:
        write(
            f"{way.name}: {statistics.median(one.cpu for one in found[way.name]) / own:.1f} times the CPU\n"
        )
    if documents:
        write(f"\nMB after so many documents (of {len(pdfs)}, over and over)\n")
    for way in ways if documents else ():
        if way.loaded != ways[0].loaded:
            continue
        held, _ = _run_child(way, pdfs, documents)
        write(f"{way.name:12}" + "".join(f"{number:>6}: {mb:5.0f}" for number, mb in held.items()) + "\n")


def main() -> int:
    """Measures what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pdfs", metavar="PDF", type=Path, nargs="*")
    parser.add_argument("--engine", action="append", help="Engines to compare. [default: fast and paddleocr]")
    parser.add_argument("--peers", metavar="FOLDER", type=Path)
    parser.add_argument("--before", metavar="REVISION")
    parser.add_argument("--memory", metavar="N", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    told = parser.parse_args()
    pdfs = [pdf.resolve() for pdf in told.pdfs] or sorted((_ROOT / "fixtures" / "scans").glob("*.pdf"))
    if told.child:
        one = _follow_memory(told.child, pdfs, told.memory) if told.memory else _read_all(told.child, pdfs)
        sys.stdout.write(json.dumps(one) + "\n")
        return 0
    ways = [Way(name, sys.executable, _ROOT, name) for name in told.engine or ("fast", "paddleocr")]
    if told.peers is not None:
        ways.append(Way("img2table", make_peers(told.peers.resolve()), _ROOT, "img2table"))
    with _worktree(told.before) as tree:
        if tree is not None:
            ways.append(Way("before", sys.executable, tree, ways[0].loaded))
        compare(ways, pdfs, told.rounds, told.memory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
