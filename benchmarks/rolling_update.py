"""A service whose machines are updated one after the other, and back, with the real code of two versions.

`python benchmarks/rolling_update.py OLD`, where OLD is a folder with the code of another version (`git worktree`):
an API and a worker of the old one, then the new API beside them (which changes the schema), then the old worker
killed and started again, then a new worker, then everything back to the old one. Documents are sent to whichever API
was started last. Printed is what became of them: each is to be read, once. PostgreSQL, Valkey and a folder as the
store, all made for it.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pypdfium2
import sqlalchemy as sa

from workers.service.running.valkey import broker_url, valkey_command

_NEW = Path(__file__).parents[1]
_PATIENCE = 120.0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def wait(condition: Callable[[], bool], what: str) -> None:
    """Raises SystemExit when it does not come to pass."""
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {_PATIENCE:g} s")
        time.sleep(0.1)


@dataclass(frozen=True)
class Version:
    """The code in a folder, run with settings in the environment."""

    root: Path
    environment: dict[str, str]
    stack: ExitStack

    def start(self, *arguments: str, descriptor: int | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "workers.cli.service_process", *arguments]
        environment = {**os.environ, **self.environment, "PYTHONPATH": str(self.root)}
        log = self.stack.enter_context((Path(self.environment["EXTRACTOR_DATA"]) / "log").open("ab"))
        process = subprocess.Popen(
            command, cwd=self.root, env=environment, stderr=log, pass_fds=(descriptor,) if descriptor else ()
        )
        self.stack.callback(process.kill)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker", str(os.getpid()), "1")

    def start_api(self) -> tuple[subprocess.Popen[bytes], httpx.Client]:
        listener = self.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        descriptor = str(listener.fileno())
        process = self.start("web", str(os.getpid()), descriptor, "127.0.0.1", descriptor=listener.fileno())
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = self.stack.enter_context(httpx.Client(base_url=address, timeout=30))
        wait(lambda: client.get("/livez").status_code == 200, f"the API of {self.root}")
        return process, client


def make_document(number: int, pages: int) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        document = pypdfium2.PdfDocument.new()
        for _ in range(pages):
            document.new_page(595, 842).close()
        document.save(file.name)
        return Path(file.name).read_bytes() + b"\n%% %d\n" % number


class Trial:
    """What was sent, and what the store says of it."""

    def __init__(self, url: str, each: int) -> None:
        self.engine, self.each, self.sent = sa.create_engine(url), each, list[str]()

    def send(self, client: httpx.Client, what: str) -> None:
        for _ in range(self.each):
            content = make_document(len(self.sent), len(self.sent) % 5 + 1)
            answer = client.post("/v1/jobs", files={"file": (f"{len(self.sent)}.pdf", content)})
            self.sent.append(answer.raise_for_status().json()["id"])
        say(f"| {what} | {self._ask('SELECT version_num FROM alembic_version')} | {self.states()} |")

    def states(self) -> str:
        return ", ".join(f"{count} {state}" for state, count in sorted(self.counts().items()))

    def counts(self) -> Counter[str]:
        with self.engine.connect() as connection:
            return Counter(connection.execute(sa.text("SELECT state FROM jobs")).scalars())

    def wait(self) -> None:
        wait(lambda: not {"queued", "running"} & self.counts().keys(), f"the end ({self.states()})")

    def report(self) -> None:
        done = "SELECT job FROM attempts WHERE outcome = 'done' GROUP BY job HAVING count(*) > 1"
        twice = self._ask(f"SELECT count(*) FROM ({done}) done")
        pipelines = self._ask("SELECT count(DISTINCT pipeline) FROM jobs")
        say(f"sent {len(self.sent)}: {self.states()}; done twice: {twice}; pipelines: {pipelines}")

    def _ask(self, query: str) -> object:
        with self.engine.connect() as connection:
            return connection.execute(sa.text(query)).scalar()


def run(old: Version, new: Version, trial: Trial) -> None:
    """The update and the way back."""
    say("| | schema | jobs |\n|---|---|---|")
    old_api, client = old.start_api()
    worker = old.start_worker()
    trial.send(client, "old API, old worker")
    new_api, client = new.start_api()
    trial.send(client, "new API beside it, old worker")
    worker.kill()
    worker = old.start_worker()
    new_worker = new.start_worker()
    trial.send(client, "old worker killed and started again, new worker")
    trial.wait()
    if worker.poll() is not None:
        raise SystemExit("the old worker did not start: see the log")
    old_api.terminate()
    worker.terminate()
    trial.send(client, "new API, new worker")
    trial.wait()
    new_api.terminate()
    new_worker.terminate()
    _, client = old.start_api()
    old.start_worker()
    trial.send(client, "back: old API, old worker")
    client.post("/v1/adopt").raise_for_status()
    trial.wait()
    trial.report()


def main() -> None:
    """Makes a service, and updates it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path)
    parser.add_argument("--each", type=int, default=20, help="documents sent at every stage")
    given = parser.parse_args()
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rolling-")))
        os.environ.setdefault("XDG_RUNTIME_DIR", str(data))
        import pgserver

        server = pgserver.get_server(data / "postgresql", cleanup_mode="delete")
        stack.callback(server.cleanup)
        broker = subprocess.Popen(valkey_command(data / "broker", os.getpid()), stdout=subprocess.DEVNULL)
        stack.callback(broker.kill)
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        settings = {"DATA": str(data), "DATABASE_URL": url, "BROKER_URL": broker_url(data / "broker")}
        settings |= {"STORE": str(data / "blobs"), "ENGINE": "null", "SECOND_ENGINE": "none"}
        settings |= {"LEASE": "5", "HEARTBEAT": "1", "RECONCILE": "0.5"}
        environment = {f"EXTRACTOR_{name}": value for name, value in settings.items()}
        versions = (Version(root.resolve(), environment, stack) for root in (given.old, _NEW))
        try:
            run(*versions, Trial(url, given.each))
        except SystemExit:
            sys.stderr.write((data / "log").read_text()[-4000:])
            raise


if __name__ == "__main__":
    main()
