"""Real processes of a service, to be started, killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from extractor.seams.errors import ServiceError
from tests.paths import ROOT
from tests.workers.object_store import free_ports
from workers.service.bell import Bell
from workers.service.running.hearing import DEAF
from workers.service.running.losses import Witness
from workers.service.running.supervisor import _to_environment
from workers.service.running.valkey import broker_url, valkey_command
from workers.service.service import Service, open_service
from workers.service.settings import ServiceSettings, read_settings
from workers.service.store.machines import MachineStore
from workers.service.store.records import Job
from workers.service.store.schema import JobState


def wait_until(
    condition: Callable[[], Any],
    *,
    seconds: float = 60.0,
    what: str = "it",
    tell: Callable[[], str] = lambda: "",
) -> None:
    """tell: what else is to be known when it does not come to pass."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come to pass within {seconds:g} s\n{tell()}"
        time.sleep(0.05)


class Broker:
    """A real Valkey in a folder."""

    def __init__(self, folder: Path, host: str = "") -> None:
        """host: an address of this machine at which it listens, with a password; none for its folder only."""
        self.folder, self._listening = folder, list[str]()
        self.url = broker_url(folder)
        if host:
            (port,), password = free_ports(1), uuid.uuid4().hex
            self._listening = ["--bind", host, "--port", str(port), "--requirepass", password]
            self.url = f"redis://:{password}@{host}:{port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*valkey_command(self.folder, os.getpid()), *self._listening], cwd=ROOT
        )
        bell = Bell(self.url)
        wait_until(lambda: _answers(bell), what="the broker's start")
        bell.close()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def wipe(self) -> None:
        """Ends it and loses all it held."""
        self.kill()
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


class WorkerProcess:
    """`extractor worker` in a process session of its own."""

    def __init__(
        self,
        settings: ServiceSettings,
        concurrency: int = 1,
        die_at: str = "",
        within: Sequence[str] = (),
        root: Path = ROOT,
    ) -> None:
        """within: a command that runs the one that follows it, in a network of its own for instance.

        root: folder of the code, which may be another version's.
        """
        environment = os.environ | _to_environment(settings) | {"EXTRACTOR_TEST_DIE_AT": die_at}
        environment["PYTHONPATH"] = str(root)
        module = "tests.workers.service.faulty_worker" if die_at else "workers.cli.service_process"
        command = [sys.executable, "-m", module, "worker", str(os.getpid())]
        self.concurrency = concurrency
        self.log = settings.data / f"worker-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*within, *command, str(concurrency)],
                env=environment,
                cwd=root,
                stderr=log,
                start_new_session=True,
            )

    def readers(self) -> list[int]:
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                    command = (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                if parent == self.process.pid and b"child" in command:
                    found.append(int(folder.name))
        return found

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def kill_readers(self) -> int:
        readers = self.readers()
        for pid in readers:
            os.kill(pid, signal.SIGKILL)
        return len(readers)

    def stop(self, seconds: float = 30.0) -> int:
        self.process.terminate()
        return self.process.wait(seconds)


class Stage:
    """A service with a store, a broker and as many workers as a test starts."""

    def __init__(self, data: Path, database_url: str, **settings: Any) -> None:
        data.mkdir(exist_ok=True)
        self.broker = Broker(data / "broker")
        fast = {"lease": 3.0, "heartbeat": 0.5, "reconcile": 0.3, "engine": "null", "second_engine": "none"}
        self.settings = read_settings(
            **{
                "data": data,
                "database_url": database_url,
                "broker_url": self.broker.url,
                "reader_module": "tests.workers.reading.faulty_child",
                **fast,
                **settings,
            }
        )
        self.broker.start()
        self.service: Service = open_service(self.settings)
        self.workers: list[WorkerProcess] = []
        self._over = threading.Event()

    def start_witness(self) -> None:
        """Has workers answered that miss a document, as an API does."""
        threading.Thread(target=Witness(self.service).run, args=(self._over,), daemon=True).start()

    def start_worker(
        self, concurrency: int = 1, die_at: str = "", within: Sequence[str] = ()
    ) -> WorkerProcess:
        worker = WorkerProcess(self.settings, concurrency, die_at, within)
        self.workers.append(worker)
        return worker

    def submit(self, pdf: Path, name: str | None = None) -> Job:
        with pdf.open("rb") as stream:
            return self.service.submit(stream, name or pdf.name)[0]

    def machines(self) -> int:
        """Workers that are there."""
        known = MachineStore(self.service.database, self.settings.heartbeat).list()
        return sum(not machine.is_gone for machine in known)

    def job(self, identifier: str) -> Job:
        return self.service.jobs.get(identifier)

    def wait_for_end(self, *identifiers: str, seconds: float = 120.0) -> list[Job]:
        # A lost broker is asked for again after 2, 4, 6, … seconds, a lost message told again after ten; on a machine
        # that does much else besides, both may come after documents that take their time.
        ends = {JobState.DONE, JobState.FAILED}

        def have_ended() -> bool:
            self._keep_alive()
            return all(self.job(identifier).state in ends for identifier in identifiers)

        wait_until(
            have_ended,
            seconds=seconds,
            what=f"the end of {len(identifiers)} jobs",
            tell=lambda: self.describe(identifiers),
        )
        return [self.job(identifier) for identifier in identifiers]

    def _keep_alive(self) -> None:
        """Starts workers again that ended because they heard nothing, as whatever starts workers does."""
        for worker in list(self.workers):
            if worker.process.poll() == DEAF:
                self.workers.remove(worker)
                self.start_worker(worker.concurrency)

    def describe(self, identifiers: Sequence[str]) -> str:
        """The jobs' states and the last lines of the workers."""
        states = [f"{identifier}: {self.job(identifier).state.value}" for identifier in identifiers]
        lines = [line for worker in self.workers for line in worker.log.read_text().splitlines()[-30:]]
        return "\n".join((*states, f"messages: {_count_messages(self.service.bell)}", *lines))

    def result(self, job: Job) -> bytes:
        assert job.result is not None
        with self.service.blobs.local(job.result) as path:
            return bytes(path.read_bytes())

    def close(self) -> None:
        self._over.set()
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()
        self.service.close()
        if self.broker.process is not None and self.broker.process.poll() is None:
            self.broker.kill()


def _count_messages(bell: Bell) -> str:
    try:
        return str(bell.waiting())
    except ServiceError as error:
        return str(error)


def _answers(bell: Bell) -> bool:
    try:
        bell.read_mark()
    except Exception:  # noqa: BLE001 - whatever it is, it does not answer yet
        return False
    return True
