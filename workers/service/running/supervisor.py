"""`extractor serve`: one process that starts the others, starts them again when they die, and ends with them."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from extractor.seams.errors import ExtractorError, ServiceError, StorageError, UsageError
from extractor.wording.said import say, tell_os_error
from workers import PACKAGE
from workers.service.running.reconcile import Reconciler
from workers.service.running.valkey import broker_url, log_path, socket_path, valkey_command
from workers.service.service import Service, open_service
from workers.service.settings import ServiceSettings
from workers.service.store.leadership import Leadership

_LOG = logging.getLogger(__name__)
_WORKER = "worker"
#: Seconds between two looks at the processes.
_TICK = 0.2
#: Seconds until a process that died at once is started again, at first and at most.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
#: Seconds a process must have lived for its death to count as new.
_HEALTHY = 30.0
#: Seconds the processes have to end by themselves, in the order in which they are asked.
_GRACE = 25.0
#: Seconds the broker may take to answer after its start; reading a long append-only file takes a while.
_BROKER_START = 60.0


class InUseError(ServiceError):
    """Another process serves this data folder."""

    code = "in_use"


@dataclass(slots=True)
class Child:
    """A process of the service; started again with growing pauses when it ends unasked.

    log: file that says why it ended, None for one that tells so itself.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    descriptors: tuple[int, ...] = ()
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    pause: float = _FIRST_PAUSE
    due: float = field(default=0.0)

    def start(self) -> None:
        """Starts it in a session of its own: Ctrl-C reaches the supervisor only, which asks in order."""
        self.born = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            pass_fds=self.descriptors,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            start_new_session=True,
        )

    def has_ended(self) -> bool:
        """Whether it ended since it was started."""
        return self.process is not None and self.process.poll() is not None

    def keep_alive(self) -> None:
        """Starts it again if it has ended, once its pause is over."""
        now = time.monotonic()
        if self.process is not None and self.has_ended():
            code = self.process.returncode
            self.pause = _FIRST_PAUSE if now - self.born > _HEALTHY else min(2 * self.pause, _LONGEST_PAUSE)
            self.due, self.process = now + self.pause, None
            where = f", see {self.log}" if self.log is not None else ""
            _LOG.warning(
                "the %s ended (%s%s); starting it again in %.1f s", self.name, code, where, self.pause
            )
        if self.process is None and now >= self.due:
            self.start()

    def ask_to_end(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within so many seconds."""
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """Ends it and its group at once."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Runs web, worker and (unless the settings name one) broker on a data folder until told to stop."""

    def __init__(self, settings: ServiceSettings, host: str, port: int, concurrency: int) -> None:
        self._given = settings
        self._embedded = not settings.broker_url
        #: A store of our own has no other workers; of one that is shared each has a lease.
        self._is_alone = not settings.database_url
        url = settings.broker_url or broker_url(settings.data / "broker")
        self._settings = settings.model_copy(update={"broker_url": url})
        self._host, self._port, self._concurrency = host, port, concurrency
        self._signals = 0

    def run(self, ready: Callable[[str], None] = lambda url: None) -> None:
        """Serves until SIGINT or SIGTERM; `ready` is called with the address once it answers.

        Raises:
            InUseError: another process serves this folder.
            UsageError: the address cannot be used.
            StorageError: the folder cannot be written.
            ServiceError: the store or the broker does not answer.
        """
        with _locked(self._settings.data), _listening(self._host, self._port) as listener:
            children = self._plan(listener)
            with self._watching_signals():
                try:
                    self._start(children, ready, _address(listener))
                    while not self._signals:
                        for child in children:
                            if self._is_alone and child.name == _WORKER and child.has_ended():
                                self._try_to_take_back()
                            child.keep_alive()
                        time.sleep(_TICK)
                finally:
                    self._end(children)

    def _plan(self, listener: socket.socket) -> list[Child]:
        """Children in the order in which they start; they end in reverse."""
        parent = str(os.getpid())
        environment = {**os.environ, **_to_environment(self._settings)}
        children = []
        if self._embedded:
            command = valkey_command(self._settings.data / "broker", os.getpid())
            log = log_path(self._settings.data / "broker")
            children.append(Child("broker", command, dict(os.environ), log=log))
        base = [sys.executable, "-m", f"{PACKAGE}.cli.service_process"]
        worker = [*base, "worker", parent, str(self._concurrency)]
        web = [*base, "web", parent, str(listener.fileno()), self._host]
        if self._concurrency:
            children.append(Child(_WORKER, worker, environment))
        children.append(Child("web server", web, environment, (listener.fileno(),)))
        return children

    def _start(self, children: list[Child], ready: Callable[[str], None], address: str) -> None:
        if self._embedded:
            with suppress(FileNotFoundError):
                socket_path(self._settings.data / "broker").unlink()
            children[0].start()
        service = open_service(self._settings)
        try:
            self._await_broker(service.bell.read_mark, children[0])
            if self._is_alone:
                self._take_back(service, "the service was ended while it was read")
        finally:
            service.close()
        for child in children[1:] if self._embedded else children:
            child.start()
        ready(address)

    def _take_back(self, service: Service, reason: str) -> None:
        """Frees what a worker that is gone had in hand, where nobody else can be working."""
        Leadership(service.database, service.jobs.pipeline, lease=0.0).depose()
        service.stretches.free()
        reconciler = Reconciler(service)
        for pulse in service.jobs.pulses():
            reconciler.take(pulse, reason)

    def _try_to_take_back(self) -> None:
        try:
            service = open_service(self._settings)
            try:
                self._take_back(service, "its worker ended")
            finally:
                service.close()
        except ExtractorError as error:
            _LOG.warning("%s; what the worker had in hand is taken back after a lease", error)

    def _await_broker(self, ask: Callable[[], str], broker: Child) -> None:
        deadline = time.monotonic() + (_BROKER_START if self._embedded else 5.0)
        while True:
            try:
                ask()
                return
            except ServiceError:
                has_ended = (
                    self._embedded and broker.process is not None and broker.process.poll() is not None
                )
                if has_ended or time.monotonic() > deadline or self._signals:
                    raise
                time.sleep(0.05)

    def _end(self, children: list[Child]) -> None:
        """Asks each to end, the broker last; a second signal, or the end of their time, kills them."""
        for child in reversed(children):
            child.ask_to_end()
            deadline = time.monotonic() + _GRACE
            while self._signals < 2 and time.monotonic() < deadline and not child.wait(_TICK):
                pass
            child.kill()

    @contextmanager
    def _watching_signals(self) -> Iterator[None]:
        def count(_number: int, _frame: object) -> None:
            self._signals += 1

        before = {number: signal.signal(number, count) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Holds the data folder for this process; the lock ends with it, however it ends."""
    path = data / "serve.lock"
    try:
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(say("system.cannot_write_to", path=data, why=tell_os_error(error))) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            key = "served_by" if holder else "served"
            raise InUseError(say(f"messages.serve.{key}", folder=data, process=holder)) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """The listening socket, kept by the supervisor so that a web server that is started again has it too."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        why = tell_os_error(error)
        raise UsageError(say("messages.serve.cannot_listen", address=f"{host}:{port}", why=why)) from error
    with listener:
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _to_environment(settings: ServiceSettings) -> dict[str, str]:
    """The settings as the environment from which another process reads the same ones; empty for none."""
    found = {}
    for name, value in settings.model_dump(mode="json").items():
        told = "" if value is None else json.dumps(value)
        found[f"EXTRACTOR_{name.upper()}"] = value if isinstance(value, str) else told
    return found
