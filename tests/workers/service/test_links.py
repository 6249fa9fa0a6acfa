"""Links to PostgreSQL that go down without a word: workers in networks of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.workers.object_store import free_ports
from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Stage, wait_until
from workers.service.store.database import Database
from workers.service.store.schema import JobState, leadership

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow
_HERE, _THERE = "10.231.77.1", "10.231.77.2"


class Network:
    """A network of its own with one link here."""

    def __init__(self) -> None:
        self.name = f"t{uuid.uuid4().hex[:6]}"
        self._near, self._far = f"{self.name}a", f"{self.name}b"
        self.within = ("ip", "netns", "exec", self.name)
        for command in (
            f"netns add {self.name}",
            f"link add {self._near} type veth peer name {self._far} netns {self.name}",
            f"addr add {_HERE}/24 dev {self._near}",
            f"link set {self._near} up",
            f"-n {self.name} addr add {_THERE}/24 dev {self._far}",
            f"-n {self.name} link set {self._far} up",
        ):
            subprocess.run(["ip", *command.split()], check=True, capture_output=True)

    def cut(self) -> None:
        """From now on nothing comes through, and nobody is told."""
        loss = f"qdisc add dev {self._near} root netem loss 100%"
        if subprocess.run(["tc", *loss.split()], check=False, capture_output=True).returncode:
            subprocess.run(["ip", "-n", self.name, "addr", "flush", "dev", self._far], check=True)

    def close(self) -> None:
        subprocess.run(["ip", "link", "del", self._near], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


@pytest.fixture
def network():
    try:
        made = Network()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("networks can only be made by a superuser, with `ip`")
    yield made
    made.close()


@pytest.fixture
def postgres_tcp(network):
    """URL of a PostgreSQL that listens where the other network reaches it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="pg-runtime-"))
    import pgserver

    folder = Path(tempfile.mkdtemp(prefix="pg-tcp-"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    with (folder / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {_HERE}/24 trust\n")
    (port,) = free_ports(1)
    user = {"pgdata": folder, "user": server.system_user}
    pgserver.pg_ctl(["-m", "fast", "-w", "stop"], **user)
    options = f"-k {folder} -h {_HERE} -p {port}"
    pgserver.pg_ctl(["-w", "-o", options, "-l", str(folder / "again.log"), "start"], **user)
    yield f"postgresql+psycopg://postgres@{_HERE}:{port}/postgres"
    pgserver.pg_ctl(["-m", "immediate", "-w", "stop"], **user)
    with suppress(Exception):
        server.cleanup()


def _holder(stage):
    with stage.service.database.read() as connection:
        return connection.execute(sa.select(leadership.c.holder)).scalar() or ""


def test_a_leader_whose_link_goes_down_is_replaced_and_its_job_is_read_by_another(
    tmp_path, network, postgres_tcp
):
    """It held everything for eleven minutes, until it was ended by hand."""
    stage = Stage(tmp_path / "data", postgres_tcp)
    try:
        stage.start_worker(within=network.within)
        wait_until(lambda: _holder(stage), what="a leader")
        first = _holder(stage)
        job = stage.submit(write_blank(tmp_path / "slow.pdf", pages=40), "slow.pdf")
        wait_until(lambda: stage.job(job.id).pages_done > 0, what="the first page")
        stage.start_worker()
        network.cut()
        cut = time.monotonic()
        wait_until(lambda: _holder(stage) not in {"", first}, seconds=60, what="another leader")
        other = stage.submit(write_blank(tmp_path / "b.pdf", pages=1))
        ended = stage.wait_for_end(job.id, other.id, seconds=90)
        assert {(found.state, found.attempts) for found in ended} == {
            (JobState.DONE, 2),
            (JobState.DONE, 1),
        }
        assert time.monotonic() - cut < 60
    finally:
        stage.close()


def test_a_leader_that_is_frozen_is_replaced_and_does_no_harm_when_it_thaws(tmp_path, new_database):
    stage = Stage(tmp_path / "data", new_database())
    try:
        frozen = stage.start_worker()
        wait_until(lambda: _holder(stage), what="a leader")
        first = _holder(stage)
        stage.start_worker()
        os.kill(frozen.process.pid, signal.SIGSTOP)
        wait_until(lambda: _holder(stage) not in {"", first}, seconds=30, what="another leader")
        second = _holder(stage)
        os.kill(frozen.process.pid, signal.SIGCONT)
        jobs = [stage.submit(write_blank(tmp_path / f"{n}.pdf", pages=n + 1)) for n in range(4)]
        ended = stage.wait_for_end(*(job.id for job in jobs))
        assert {(job.state, job.attempts) for job in ended} == {(JobState.DONE, 1)}
        assert _holder(stage) == second
    finally:
        stage.close()


def test_every_connection_knows_how_long_to_wait(postgres_tcp):
    database = Database(postgres_tcp)
    try:
        with database.read() as connection:
            asked = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in (
                "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
                "tcp_keepalives_idle", "tcp_user_timeout",
            )}  # fmt: skip
            assert asked == {
                "statement_timeout": "1min",
                "lock_timeout": "30s",
                "idle_in_transaction_session_timeout": "1min",
                "tcp_keepalives_idle": "10",
                "tcp_user_timeout": "20000",
            }
            driver = connection.connection.driver_connection
            line = socket.socket(fileno=os.dup(driver.pgconn.socket))
            with line:
                assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
                assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
    finally:
        database.close()
