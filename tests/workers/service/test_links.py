"""Links to PostgreSQL that go down without a word: workers in networks of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time

import pytest
import sqlalchemy as sa

from tests.workers.networks import Network
from tests.workers.pdfs import write_blank
from tests.workers.postgres_server import PostgresServer
from tests.workers.service.processes import Broker, Stage, wait_until
from workers.service.bell import make_celery
from workers.service.store.database import Database
from workers.service.store.schema import JobState, leadership

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow
_HERE, _THERE = "10.231.77.1", "10.231.77.2"


@pytest.fixture
def network():
    try:
        made = Network(_HERE, _THERE)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("networks can only be made by a superuser, with `ip`")
    yield made
    made.close()


@pytest.fixture
def postgres_tcp(network):
    """URL of a PostgreSQL that listens where the other network reaches it."""
    server = PostgresServer(_HERE, f"{_HERE}/24")
    yield server.url
    server.close()


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


def test_who_waits_for_messages_finds_out_that_the_broker_is_gone(tmp_path):
    broker = Broker(tmp_path / "broker", "127.0.0.1")
    broker.start()
    try:
        with make_celery(broker.url, "").connection_for_read() as connection:
            client = connection.default_channel.client
            line = client.connection_pool.get_connection()._sock
            asked = {name: line.getsockopt(socket.IPPROTO_TCP, name) for name in (
                socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT,
            )}  # fmt: skip
            assert list(asked.values()) == [10, 5, 3, 20_000]
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    finally:
        broker.kill()
