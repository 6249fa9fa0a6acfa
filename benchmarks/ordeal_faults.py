"""What befalls a service in `ordeal.py`: machines, lines, servers, and one fault after another until it is mended."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from extractor.seams.errors import ExtractorError
from tests.workers.networks import Network
from tests.workers.object_store import Line
from tests.workers.postgres_server import PostgresServer
from tests.workers.service.processes import Broker, WorkerProcess
from tests.workers.service.serving import Serve
from workers.service.settings import ServiceSettings
from workers.service.store.database import Database
from workers.service.store.schema import leadership

#: Seconds after which a worker that has ended is started again, by whatever keeps it on a real machine.
_RESTART = 1.0
#: Seconds a fault lasts, at least and at most: less than a lease (10 s), more than a dead link is noticed in (25).
_SHORTEST, _LONGEST = 2.0, 35.0
#: Seconds in which whoever does the rounds, one a second, has said so.
_ROUNDS = 4.0
#: Times all machines are gone through for whoever does the rounds.
_LOOKS = 3
#: More than there are things to be broken.
_AT_ONCE = 16


class Machine:
    """One with a worker, which is started again whenever it ends, in a network and with mounts of its own."""

    def __init__(self, number: int, settings: ServiceSettings, root: Path, share: Path | None) -> None:
        """share: folder that is mounted at the store of the settings."""
        self.name, self.settings, self.root, self._share = f"machine {number}", settings, root, share
        self._network = Network(f"10.231.{100 + number}.1", f"10.231.{100 + number}.2")
        self.ends: list[int] = []
        #: What the code of the worker is, which may yet have to end for that of `root`.
        self.running = root
        self._over = threading.Event()
        self.worker = self._start()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _start(self) -> WorkerProcess:
        within, root = self._network.within, self.root
        if self._share is not None:
            # Whoever starts there finds it mounted, in no other's sight.
            mounted = f'mount --bind {self._share} {self.settings.store} && exec "$@"'
            within = (*within, "sh", "-c", mounted, "sh")
        worker = WorkerProcess(self.settings, concurrency=2, within=within, root=root)
        self.running = root
        return worker

    def _keep(self) -> None:
        while not self._over.wait(_RESTART):
            if (code := self.worker.process.poll()) is not None:
                self.ends.append(code)
                self.worker = self._start()

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.worker.process.pid, number)

    def update(self, root: Path) -> None:
        """Ends the worker in order; the next one has the code of a folder."""
        self.root = root
        self.signal(signal.SIGTERM)

    def mount(self, *arguments: str) -> None:
        """In sight of the worker only; of one that has just ended there is nothing to be changed."""
        enter = ["nsenter", "-t", str(self.worker.process.pid), "-m", *arguments]
        subprocess.run(enter, check=False, capture_output=True)

    def cut(self) -> None:
        self._network.cut()

    def mend(self) -> None:
        self._network.mend()

    def close(self) -> None:
        self._over.set()
        self._keeper.join()
        self.worker.kill()
        self._network.close()


@dataclass
class Place:
    """All that can be broken. apis: of each version one."""

    machines: list[Machine]
    apis: list[Serve]
    database: PostgresServer
    broker: Broker
    line: Line | None
    share: Path | None
    roots: list[Path]


@dataclass
class Faults:
    """Breaks one thing after another, some at a time, and mends each.

    What was broken least often is next, at random where several were: in a short run too each has its turn. told:
    seconds each fault lasted. leaders: times whoever does the rounds was found.
    """

    place: Place
    rng: random.Random
    told: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    leaders: int = 0
    _begun: Counter[str] = field(default_factory=Counter)
    _busy: set[str] = field(default_factory=set)
    #: Threads that live on: what is started in one ends with it.
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE))
    _steps: list[Future[None]] = field(default_factory=list)

    def next(self) -> None:
        """Begins the next one of those whose aim is not broken already."""
        could = [one for one in self._all() if one[1] not in self._busy]
        if not could:
            return
        fewest = min(self._begun[name] for name, _, _ in could)
        name, target, step = self.rng.choice([one for one in could if self._begun[one[0]] == fewest])
        seconds = self.rng.uniform(_SHORTEST, _LONGEST)
        self._begun[name] += 1
        self._busy.add(target)
        self._steps.append(self._pool.submit(self._do, name, target, step, seconds))

    def end(self) -> None:
        """Returns once all is mended; raises what could not be broken or mended."""
        for step in self._steps:
            step.result()

    def _do(self, name: str, target: str, step: Callable[[float], None], seconds: float) -> None:
        began = time.monotonic()
        step(seconds)
        self.told[name].append(time.monotonic() - began)
        self._busy.discard(target)

    def _all(self) -> Iterator[tuple[str, str, Callable[[float], None]]]:
        """Name, what it breaks, and how: a step returns once it is mended, after so many seconds."""
        place = self.place
        machine, api = self.rng.choice(place.machines), self.rng.choice(place.apis)
        here = machine.name
        yield "link cut", here, lambda s: self._for(s, machine.cut, machine.mend)
        yield "worker frozen", here, lambda s: self._freeze(machine, s)
        yield "whoever does the rounds frozen", "rounds", lambda s: self._freeze_leader(place.machines, s)
        yield "worker killed", here, lambda _: machine.signal(signal.SIGKILL)
        yield "worker ended in order", here, lambda _: machine.signal(signal.SIGTERM)
        yield "readers killed", here, lambda _: self._kill_readers(machine)
        yield "API killed", "api", lambda _: self._kill_api(api)
        yield (
            "PostgreSQL stopped hard",
            "database",
            lambda s: self._for(s / 4, place.database.stop, place.database.start),
        )
        yield "broker killed", "broker", lambda s: self._for(s / 2, place.broker.kill, place.broker.start)
        yield "broker wiped", "broker", lambda s: self._for(s / 4, place.broker.wipe, place.broker.start)
        if len(place.roots) > 1:
            yield "worker of the other version", here, lambda _: self._update(machine)
        if place.line is not None:
            mode = self.rng.choice(("reset", "error", "slow", "dead"))
            yield f"S3 {mode}", "store", lambda s: self._spoil(mode, s)
        if place.share is not None:
            yield "share unmounted", here, lambda s: self._unmount(machine, s)

    def _for(self, seconds: float, begin: Callable[[], None], end: Callable[[], None]) -> None:
        begin()
        time.sleep(seconds)
        end()

    def _freeze(self, machine: Machine, seconds: float) -> None:
        with _frozen(machine):
            time.sleep(seconds)

    def _freeze_leader(self, machines: list[Machine], seconds: float) -> None:
        """Freezes one after the other until the rounds of a version stay away, and that one for a while.

        While the database is away, or the lead changes hands, nobody is found, and they are gone through again.
        """
        turns = [machine for _ in range(_LOOKS) for machine in self.rng.sample(machines, len(machines))]
        for machine in turns:
            before = self._rounds()
            time.sleep(_ROUNDS)
            going = self._rounds().items() - before.items()
            with _frozen(machine):
                time.sleep(_ROUNDS)
                if going & self._rounds().items():
                    self.leaders += 1
                    time.sleep(seconds)
                    return

    def _rounds(self) -> dict[str, tuple[str, int]]:
        """By pipeline, who does them and how often he has said so; nothing where the database is away."""
        database = Database(self.place.database.url)
        try:
            with database.read() as connection:
                return {row.key: (row.holder, row.beat) for row in connection.execute(sa.select(leadership))}
        except ExtractorError:
            return {}
        finally:
            database.close()

    def _kill_api(self, api: Serve) -> None:
        # One that found no database has ended by itself, and is about to be started again.
        with suppress(AssertionError, ProcessLookupError):
            os.kill(api.child("web"), signal.SIGKILL)

    def _kill_readers(self, machine: Machine) -> None:
        with suppress(ProcessLookupError):
            machine.worker.kill_readers()

    def _update(self, machine: Machine) -> None:
        machine.update(next(root for root in self.place.roots if root != machine.root))

    def _spoil(self, mode: str, seconds: float) -> None:
        assert self.place.line is not None
        self.place.line.mode = mode
        time.sleep(seconds)
        self.place.line.mode = "good"

    def _unmount(self, machine: Machine, seconds: float) -> None:
        worker, at = machine.worker, machine.settings.store
        machine.mount("umount", "-l", at)
        time.sleep(seconds)
        # One that was started again meanwhile has it mounted.
        if machine.worker is worker:
            machine.mount("mount", "--bind", str(self.place.share), at)


@contextmanager
def _frozen(machine: Machine) -> Iterator[None]:
    worker = machine.worker
    with suppress(ProcessLookupError):
        os.kill(worker.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(worker.process.pid, signal.SIGCONT)
