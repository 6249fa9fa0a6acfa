"""Proof that an archive loses nothing: `extractor run` killed again and again beside one that is left in peace.

`python benchmarks/archive.py` makes an archive of 2,000 cheap documents (forms read from recordings, empty pages,
copies, broken files, zips and tars, nested, encrypted and cut off), runs it and kills the whole process group at
random times until a run ends by itself, then runs it once undisturbed into another folder, and compares the two.
`--real` does the same with generated reports and the default engine. Exits with 1 when a claim does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from archive_documents import Made, blank_contents, make_archive, printed_contents

_ROOT = Path(__file__).parents[1]
_EXPORT = "parquet,csv"
#: Lives of a run before it is given up, and seconds a run may take undisturbed.
_MOST_LIVES, _MOST_SECONDS = 500, 3600.0
#: Seconds between two looks at a process, and the most megabytes the runner itself may take.
_TICK, _MOST_MB = 0.05, 500.0


@dataclass(slots=True)
class Life:
    """One start of the command, to its end or its kill. code: None for a kill. peak_mb: of the runner alone.

    standing: names of documents that had a result that is no failure when it began.
    """

    code: int | None
    seconds: float
    peak_mb: float
    standing: set[str]
    read: list[str] = field(default_factory=list)
    left_processes: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """What is run: the archive, the engine, and how many processes."""

    archive: Path
    engine: str
    jobs: int


def run_once(job: Job, output: Path, kill_after: float) -> Life:
    """Starts the command, kills its process group after so many seconds if it has not ended by then."""
    log = output.with_name(f"{output.name}.log")
    log.unlink(missing_ok=True)
    standing = find_standing(output)
    command = [
        sys.executable, str(Path(__file__).with_name("logged_run.py")), "run", str(job.archive), "--quiet",
        "--output", str(output), "--jobs", str(job.jobs), "--engine", job.engine, "--export", _EXPORT,
    ]  # fmt: skip
    paths = os.pathsep.join([str(_ROOT), str(Path(__file__).parent)])
    temporary = temporary_folder(output)
    temporary.mkdir(exist_ok=True)
    environment = os.environ | {"PYTHONPATH": paths, "ARCHIVE_LOG": str(log), "TMPDIR": str(temporary)}
    started, peak = time.monotonic(), 0.0
    with log.with_suffix(".err").open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=_ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        while process.poll() is None and time.monotonic() - started < kill_after:
            peak = max(peak, peak_mb(process.pid))
            time.sleep(_TICK)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    code = None if process.returncode == -signal.SIGKILL else process.returncode
    seconds = time.monotonic() - started
    life = Life(code, seconds, peak, standing, left_processes=wait_for_end(process.pid))
    if log.exists():
        life.read = [
            line.split("\t")[1] for line in log.read_text().splitlines() if line.startswith("read\t")
        ]
    return life


def temporary_folder(output: Path) -> Path:
    """What the runs into a folder have for TMPDIR, so that what they leave there can be seen."""
    return output.with_name(f"{output.name}.tmp")


def peak_mb(pid: int) -> float:
    """Largest resident memory the process has had so far, in MiB; its children do not count. 0 once it has gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return max(
        (int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), default=0.0
    )


def wait_for_end(session: int) -> int:
    """Processes of a session that still run five seconds after its first has ended."""
    end = time.monotonic() + 5
    while (left := sum(1 for _ in _members(session))) and time.monotonic() < end:
        time.sleep(_TICK)
    return left


def _members(session: int) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                told = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(told[3]) == session and told[0] != "Z":
                yield int(folder.name)


def results_in(output: Path) -> dict[str, dict[str, Any]]:
    """Every result by its path in the folder."""
    return {
        path.relative_to(output).as_posix(): json.loads(path.read_bytes())
        for path in output.rglob("*.json")
        if not path.name.startswith(".") and path.name != "datapackage.json"
    }


def find_standing(output: Path) -> set[str]:
    """Names of documents that have a result which is no failure: no later run may read them again."""
    return {
        payload["source"]["name"] for payload in results_in(output).values() if payload["status"] != "failed"
    }


def run_killed(job: Job, output: Path, mean: float, seed: int) -> list[Life]:
    """Runs and kills, at a time drawn anew for each life, until a run ends by itself."""
    rng = random.Random(seed)
    lives: list[Life] = []
    while not lives or lives[-1].code is None:
        if len(lives) == _MOST_LIVES:
            sys.exit(f"{_MOST_LIVES} runs were killed and none came to its end; give a longer --kill-every")
        lives.append(run_once(job, output, rng.uniform(0.1, 2 * mean)))
        say(
            f"  life {len(lives)}: {lives[-1].seconds:.1f} s, {len(lives[-1].read)} read, code {lives[-1].code}"
        )
    return lives


def judge(
    made: Made, lives: list[Life], outputs: tuple[Path, Path], jobs: int
) -> list[tuple[str, str, bool]]:
    """What was claimed: the claim, what was seen, and whether it holds."""
    killed, calm = outputs
    found, wanted = results_in(killed), results_in(calm)
    missing, extra = made.expected - found.keys(), _unexpected(made, found)
    differing = [name for name in found.keys() & wanted.keys() if _plain(found[name]) != _plain(wanted[name])]
    twice, again = _read_twice(lives), _read_again(lives, found)
    kills = len(lives) - 1
    left = [path.name for path in (*killed.rglob(".*"), *temporary_folder(killed).iterdir())]
    processes = sum(life.left_processes for life in lives)
    peak = max(life.peak_mb for life in lives)
    tables = _differing_tables(killed, calm)
    return [
        ("every document has exactly one result", f"{len(found)}, {len(missing)} missing, {len(extra)} extra",
         not missing and not extra),
        ("the same documents as undisturbed", f"{len(found.keys() ^ wanted.keys())} others",
         found.keys() == wanted.keys()),
        ("results equal but for timing", f"{len(differing)} differ {_first(differing)}", not differing),
        ("manifest and dataset equal", f"{len(tables)} differ {_first(tables)}", not tables),
        ("nothing that stood was read again", f"{len(twice)} {_first(twice)}", not twice),
        ("a kill costs the documents in hand", f"{again} read again, {kills} kills", again <= kills * jobs),
        ("no temporary file left", f"{len(left)} {_first(left)}", not left),
        ("no process left", f"{processes}", not processes),
        ("the runner's own peak memory", f"{peak:.0f} MB", peak <= _MOST_MB),
    ]  # fmt: skip


def _unexpected(made: Made, found: dict[str, Any]) -> set[str]:
    partly = tuple(f"{part}/" for part in made.partly)
    return {name for name in found.keys() - made.expected if not name.startswith(partly)}


def _plain(payload: dict[str, Any]) -> str:
    """A result as it is written, without its times."""
    return json.dumps(payload | {"timing": {}}, ensure_ascii=False)


def _read_twice(lives: list[Life]) -> list[str]:
    """Documents read although their result stood, or twice in one life."""
    return [
        name
        for life in lives
        for name, count in Counter(life.read).items()
        if count > 1 or name in life.standing
    ]


def _read_again(lives: list[Life], found: dict[str, Any]) -> int:
    """Readings beyond the first of documents that can be read; failures are tried in every life, by design."""
    whole = {payload["source"]["name"] for payload in found.values() if payload["status"] != "failed"}
    read = [name for life in lives for name in life.read if name in whole]
    return len(read) - len(set(read))


def _differing_tables(one: Path, other: Path) -> list[str]:
    names = {path.relative_to(folder) for folder in (one, other) for path in _tables(folder)}
    return sorted(str(name) for name in names if not _is_same_table(one / name, other / name))


def _tables(folder: Path) -> list[Path]:
    return [*folder.glob("manifest.*"), *(folder / "dataset").glob("*")]


def _is_same_table(one: Path, other: Path) -> bool:
    if not (one.exists() and other.exists()):
        return False
    if one.suffix == ".parquet":
        return bool(pq.read_table(one).equals(pq.read_table(other)))
    return one.read_bytes() == other.read_bytes()


def _first(names: list[str]) -> str:
    return f"({names[0]}{' …' if len(names) > 1 else ''})" if names else ""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Makes, runs, compares and prints; 1 when a claim does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, help="2000, with --real 210")
    parser.add_argument("--kill-every", type=float, help="mean seconds of a life: 12, with --real 60")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--scans", type=int, default=40, help="documents read from recordings, without --real"
    )
    parser.add_argument("--real", action="store_true", help="generated reports and the default engine")
    arguments = parser.parse_args()
    count = arguments.documents or (210 if arguments.real else 2000)
    mean = arguments.kill_every or (60.0 if arguments.real else 12.0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.real:
            contents = printed_contents(count, arguments.seed, arguments.jobs)
        else:
            contents = blank_contents(arguments.scans, count)
        made = make_archive(folder / "archive", contents, count, arguments.seed)
        say(f"{count} documents, {made.copies} copies and {made.broken} broken among them, five archives")
        job = Job(folder / "archive", "fast" if arguments.real else "null", arguments.jobs)
        lives = run_killed(job, folder / "killed", mean, arguments.seed)
        calm = run_once(job, folder / "calm", _MOST_SECONDS)
        claims = judge(made, lives, (folder / "killed", folder / "calm"), arguments.jobs)
        claims.append(("the same exit code", f"{lives[-1].code}, {calm.code}", lives[-1].code == calm.code))
    seconds = sum(life.seconds for life in lives)
    say(f"{len(lives) - 1} kills, {seconds:.0f} s; undisturbed {calm.seconds:.0f} s, {calm.peak_mb:.0f} MB")
    for claim, seen, holds in claims:
        say(f"{'holds' if holds else 'FAILS'}  {claim:40} {seen}")
    return 0 if all(holds for _, _, holds in claims) else 1


if __name__ == "__main__":
    sys.path.insert(0, str(_ROOT))
    sys.exit(main())
