"""Documents through a service in which everything breaks at random, and what became of each.

`python benchmarks/ordeal.py [--store s3 share] [--old FOLDER] [--seed 8]`, as a superuser with `ip` and `nsenter`:
a service on PostgreSQL, Valkey, and an S3 server or a shared folder, with four workers on machines of their own
(networks and mounts), two threads each. First undisturbed, by each version, then, with each kind of store, while
links are cut, shares unmounted, the S3 server resets, is slow, dead and 500ing, workers, readers, the API and the
broker are killed, workers and whoever does the rounds frozen, PostgreSQL stopped hard, the broker wiped. With --old,
a folder with the code of another version (`git worktree`), half of the documents are sent to its API and workers
change from one version to the other; at the end all have the new one, and what is left is adopted.

Of thirty documents one is a scan (its readings replayed), four take their time, and one each is damaged,
encrypted, and kills whoever reads it. Tells what was broken, and whether a document was lost, done twice, ended
otherwise than undisturbed, or has another result; 1 if so.
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
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.ordeal_faults import Faults, Machine, Place
from benchmarks.rolling_update import say
from tests.workers.object_store import Line, ObjectStore
from tests.workers.pdfs import write_blank, write_encrypted, write_truncated
from tests.workers.postgres_server import PostgresServer
from tests.workers.service.processes import Broker
from tests.workers.service.serving import Serve
from workers.remote.client import ServiceClient
from workers.service.settings import read_settings

_ROOT = Path(__file__).parents[1]
_SCAN = "dept-2023-bilevel"
#: Address at which the servers listen, for all machines.
_SERVERS = "10.231.99.1"
_MACHINES, _SENDERS = 4, 6
#: Kinds of documents, and how many there are of each among thirty; points of an empty page, which costs little then.
_KINDS = {"scan": 1, "slow": 4, "damaged": 1, "encrypted": 1, "die-2": 1, "blank": 22}
_PAGE = (120.0, 160.0)
#: Seconds between two faults, at least and at most, and seconds all have to end once everything is mended.
_PAUSES, _PATIENCE = (1.0, 6.0), 600.0
#: Seconds a worker may take to end in order.
_SHUTDOWN = 5.0
_ENDED = {"done", "failed"}


@dataclass(frozen=True)
class End:
    """What became of a document. result: without what differs from run to run; empty where there is none."""

    state: str
    code: str
    result: str


def make_documents(folder: Path, count: int, rng: random.Random) -> list[Path]:
    """Different documents; what is to happen to whom reads one stands in its name (`faulty_child`)."""
    folder.mkdir()
    kinds = rng.choices(tuple(_KINDS), tuple(_KINDS.values()), k=count)
    made = []
    for number, kind in enumerate(kinds):
        path = folder / f"{kind}-{number}.pdf"
        if kind == "damaged":
            write_truncated(path)
        elif kind == "encrypted":
            write_encrypted(path, password="secret")
        elif kind == "scan":
            path.write_bytes((_ROOT / "fixtures" / "scans" / f"{_SCAN}.pdf").read_bytes())
        else:
            write_blank(path, pages=rng.randint(10, 40) if kind == "slow" else rng.randint(2, 5), size=_PAGE)
        with path.open("ab") as stream:
            stream.write(b"\n%% %d\n" % number)
        made.append(path)
    return made


@contextmanager
def place(folder: Path, store: str, roots: list[Path]) -> Iterator[Place]:
    """A service with an API of each version, and machines with workers of them in turn."""
    with ExitStack() as stack:
        folder.mkdir()
        subprocess.run(["ip", "addr", "add", f"{_SERVERS}/32", "dev", "lo"], check=True)
        stack.callback(subprocess.run, ["ip", "addr", "del", f"{_SERVERS}/32", "dev", "lo"], check=True)
        database = PostgresServer(_SERVERS, "10.231.0.0/16")
        stack.callback(database.close)
        broker = Broker(folder / "broker", _SERVERS)
        broker.start()
        stack.callback(broker.kill)
        line = share = None
        at = mounted = str(folder / "mounted")
        if store == "s3":
            objects = ObjectStore()
            stack.callback(objects.close)
            os.environ.update(objects.environment())
            at = mounted = f"s3://{objects.make_bucket()}/blobs"
            line = Line(objects.port, _SERVERS)
            stack.callback(line.close)
            os.environ["AWS_ENDPOINT_URL"] = f"http://{_SERVERS}:{line.port}"
        else:
            share = folder / "share"
            Path(mounted).mkdir()
            at = str(share)
        given: dict[str, Any] = {"lease": 10.0, "heartbeat": 2.0, "reconcile": 1.0, "long_document": 1}
        given |= {"engine": f"replay:{_ROOT / 'fixtures/recordings' / _SCAN}.npz", "second_engine": "none"}
        given |= {"broker_url": broker.url, "database_url": database.url, "secret_key": "x" * 32}
        environment = {f"EXTRACTOR_{name.upper()}": str(value) for name, value in given.items()}
        apis = []
        for number, root in enumerate(roots):
            api = Serve(
                folder / f"api-{number}", database.url, 0, environment | {"EXTRACTOR_STORE": at}, root
            )
            stack.callback(api.close)
            apis.append(api)
        reader = "tests.workers.reading.faulty_child"
        settings = read_settings(data=folder, store=mounted, reader_module=reader, **given)
        working = []
        for number in range(_MACHINES):
            working.append(Machine(number, settings, roots[number % len(roots)], share))
            stack.callback(working[-1].close)
        yield Place(working, apis, database, broker, line, share, roots)


class Trial:
    """Documents sent to a service, and what it says of them."""

    def __init__(self, found: Place, documents: list[Path]) -> None:
        self.place, self.documents = found, documents
        self.jobs: dict[str, str] = {}

    def send(self, pause: float, rng: random.Random) -> None:
        """To any of the APIs, some at once: one that waits for a store keeps no other."""
        with ThreadPoolExecutor(_SENDERS) as senders:
            sent = [
                senders.submit(self._send, path, rng.choice(self.place.apis), rng.uniform(0, 2 * pause))
                for path in self.documents
            ]
        for one in sent:
            one.result()

    def _send(self, path: Path, api: Serve, pause: float) -> None:
        time.sleep(pause * _SENDERS)
        with ServiceClient(api.address, patience=_PATIENCE) as client:
            self.jobs[path.name] = client.submit(path, path.name)[0]["id"]

    def wait(self) -> None:
        """Returns when all have ended, or the time is over."""
        until = time.monotonic() + _PATIENCE
        with ServiceClient(self.place.apis[-1].address) as client:
            while time.monotonic() < until and (waiting := self._waiting(client)):
                say(f"  {len(waiting)} have not ended: {Counter(job['state'] for job in waiting)}")
                time.sleep(10)

    def _waiting(self, client: ServiceClient) -> list[dict[str, Any]]:
        return [job for job in client.jobs(limit="500") if job["state"] not in _ENDED]

    def ends(self) -> dict[str, End]:
        with ServiceClient(self.place.apis[-1].address) as client:
            return {name: self._end(client, client.job(job)) for name, job in self.jobs.items()}

    def _end(self, client: ServiceClient, job: dict[str, Any]) -> End:
        result = json.loads(client.result(job["id"])) if job["state"] == "done" else {}
        result.pop("timing", None)
        # Of the version and its settings.
        result.get("engine", {}).pop("run", None)
        code = job["error"]["code"] if job["error"] else ""
        return End(job["state"], code, json.dumps(result, sort_keys=True) if result else "")

    def histories(self) -> dict[str, list[str]]:
        """Of every job, what became of its attempts."""
        with ServiceClient(self.place.apis[-1].address) as client:
            told = {name: client.job(job)["history"] for name, job in self.jobs.items()}
        return {
            name: [one["error"]["code"] if one["outcome"] == "failed" else one["outcome"] for one in history]
            for name, history in told.items()
        }

    def count(self) -> int:
        with ServiceClient(self.place.apis[-1].address) as client:
            return sum(1 for _ in client.jobs(limit="500"))


def tell(ends: Iterable[End]) -> str:
    """How many ended how."""
    counts = Counter(f"{end.state} {end.code}".strip() for end in ends)
    return ", ".join(f"{count} {how}" for how, count in counts.most_common())


def disturb(trial: Trial, rng: random.Random, pause: float) -> Faults:
    """Sends all while one thing after another is broken; returns when all is sent, and all mended and up to date."""
    faults = Faults(trial.place, rng)
    sender = threading.Thread(target=trial.send, args=(pause, random.Random(rng.random())))
    sender.start()
    while sender.is_alive():
        faults.next()
        sender.join(rng.uniform(*_PAUSES))
    faults.end()
    # What the last of the old ones hands back is left for whoever adopts it afterwards.
    newest = trial.place.roots[-1]
    while old := [machine for machine in trial.place.machines if machine.running != newest]:
        for machine in old:
            machine.update(newest)
        time.sleep(_SHUTDOWN)
    return faults


def report(trial: Trial, faults: Faults, expected: list[dict[str, End]]) -> bool:
    """Tells what was broken and what became of the documents; whether all is as it is undisturbed.

    expected: by version, for each reads in its own way.
    """
    say("| broken | times | seconds in all |\n|---|---|---|")
    for name, seconds in sorted(faults.told.items()):
        say(f"| {name} | {len(seconds)} | {sum(seconds):.0f} |")
    say(f"whoever did the rounds was found and frozen {faults.leaders} times")
    say(f"workers ended with {dict(Counter(code for one in trial.place.machines for code in one.ends))}")
    ends, histories = trial.ends(), trial.histories()
    say(
        f"sent {len(trial.documents)}, jobs {trial.count()}: {Counter((e.state, e.code) for e in ends.values())}"
    )
    outcomes = Counter(outcome or "open" for history in histories.values() for outcome in history)
    say(f"what became of attempts: {dict(outcomes.most_common())}")
    done = Counter(histories[name].count("done") for name, end in ends.items() if end.state == "done")
    say(f"attempts done of each that is done: {dict(done)}")
    read_so = Counter(
        next((n for n, one in enumerate(expected) if one[name] == end), None) for name, end in ends.items()
    )
    say(f"as undisturbed by the first version, or by the next where that differs: {dict(read_so)}")
    wrong = {
        name: end
        for name, end in ends.items()
        if all(end != one[name] for one in expected) and not _is_own(name, end)
    }
    for name, end in wrong.items():
        before = expected[-1][name]
        is_other = "another result" if end.result != before.result else ""
        say(
            f"  {name}: {end.state} {end.code}, not {before.state} {before.code} {is_other} {histories[name]}"
        )
    say(f"otherwise than undisturbed: {len(wrong)}")
    return not wrong and set(done) <= {1} and trial.count() == len(trial.documents)


def _is_own(name: str, end: End) -> bool:
    """Whether it failed for what it does: two readers die of it, and one more for another reason is the third."""
    return name.startswith("die") and (end.state, end.code) == ("failed", "crashed")


def undisturbed(folder: Path, store: str, documents: list[Path], root: Path) -> dict[str, End]:
    """What becomes of the documents when nothing happens, by the code of a folder."""
    with place(folder, store, [root]) as found:
        trial = Trial(found, documents)
        trial.send(0.0, random.Random())
        trial.wait()
        return trial.ends()


def disturbed(
    folder: Path, store: str, given: argparse.Namespace, documents: list[Path], expected: list[dict[str, End]]
) -> bool:
    """Whether the same becomes of them when everything happens."""
    began = time.monotonic()
    with place(folder, store, _roots(given)) as found:
        trial = Trial(found, documents)
        faults = disturb(trial, random.Random(given.seed), given.pause)
        say(f"{store}: all sent and all mended after {time.monotonic() - began:.0f} s")
        if given.old is not None:
            found.apis[-1].http.post("/v1/adopt").raise_for_status()
        trial.wait()
        say(f"{store}: the end after {time.monotonic() - began:.0f} s")
        return report(trial, faults, expected)


def _roots(given: argparse.Namespace) -> list[Path]:
    """Folders with the code of each version, the newest last."""
    return [_ROOT] if given.old is None else [given.old.resolve(), _ROOT]


def run(folder: Path, given: argparse.Namespace) -> bool:
    """Undisturbed, and disturbed with every kind of store; whether it came to the same."""
    documents = make_documents(folder / "documents", given.documents, random.Random(given.seed))
    expected = []
    for number, root in enumerate(_roots(given)):
        began = time.monotonic()
        expected.append(undisturbed(folder / f"undisturbed-{number}", given.store[0], documents, root))
        say(f"undisturbed, {time.monotonic() - began:.0f} s: {tell(expected[-1].values())}")
    same = [disturbed(folder / store, store, given, documents, expected) for store in given.store]
    return all(same)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", choices=["s3", "share"], nargs="+", default=["s3", "share"])
    parser.add_argument("--old", type=Path, help="folder with the code of another version")
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument(
        "--pause", type=float, default=1.0, help="seconds between two documents, on an average"
    )
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--keep", type=Path, help="folder for all of it, logs too, which stays")
    given = parser.parse_args()
    # Told to end it leaves no network, mount or server behind either.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ordeal-")))
        folder.mkdir(exist_ok=True)
        return 0 if run(folder, given) else 1


if __name__ == "__main__":
    sys.exit(main())
