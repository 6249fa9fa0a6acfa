"""Connections that are opened and not used, against the real server."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import ExitStack, suppress

import httpx
import pytest

from tests.workers.api.web.test_server import _FORM, _chunks, serve
from tests.workers.service.processes import wait_until
from workers.api.web.connections import _BUSY, BurstFilter, Doorkeeper

__all__ = ["serve"]


@pytest.mark.issue(26)
def test_a_doorkeeper_counts_in_all_and_by_address():
    keeper = Doorkeeper(3, 2)
    assert [keeper.enter(address) for address in "aaabb"] == [True, True, False, True, False]
    keeper.leave("a")
    assert keeper.enter("b")
    assert not keeper.enter("c")
    for address in "abb":
        keeper.leave(address)
    assert keeper.enter("c")


def test_the_answer_to_one_too_many_is_as_long_as_it_says():
    head, _, body = _BUSY.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head


@pytest.mark.issue(26)
def test_a_burst_is_one_line(monkeypatch):
    clock = iter([0.0, 1.0, 2.0, 3.0, 20.0])
    monkeypatch.setattr("workers.api.web.connections.time.monotonic", lambda: 100 + next(clock))
    burst, said = BurstFilter(), []
    for text in ("bad", "bad", "other", "bad", "bad"):
        record = logging.LogRecord("x", logging.WARNING, "", 0, text, (), None)
        if burst.filter(record):
            said.append(record.msg)
    assert said == ["bad", "other", "bad (2 more like it before)"]


@pytest.mark.slow
@pytest.mark.issue(26)
def test_a_thousand_requests_begun_and_not_ended_stop_nobody(serve):
    server = serve(connections=200, connections_each=150)
    with ExitStack() as held:
        begun = []
        for _ in range(1100):
            opened = held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            opened.sendall(b"GET /livez HTTP/1.1\r\nHost: local")
            begun.append(opened)
        # The client that was there before goes on while the others wait.
        times = []
        for _ in range(50):
            started = time.monotonic()
            assert server.client.get("/livez").status_code == 200
            times.append(time.monotonic() - started)
        assert sorted(times)[48] < 0.5
        turned_away = begun[-1]
        turned_away.settimeout(5)
        assert turned_away.recv(100).startswith(b"HTTP/1.1 503")
        # A head has ten seconds.
        begun[0].settimeout(15)
        with suppress(ConnectionResetError):
            assert begun[0].recv(100) == b""
        fresh = socket.create_connection(("127.0.0.1", server.port))
        held.enter_context(fresh)
        fresh.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        fresh.settimeout(5)
        assert fresh.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.slow
@pytest.mark.issue(25)
def test_the_rest_of_a_request_that_was_answered_has_a_deadline(serve):
    """Every further byte put the end off: one connection could be held for hours."""
    server = serve(request_timeout=1)
    with socket.create_connection(("127.0.0.1", server.port)) as opened:
        opened.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        opened.settimeout(5)
        answer = b""
        while b'"ok"' not in answer:
            answer += opened.recv(1000)
        assert answer.startswith(b"HTTP/1.1 200")
        opened.settimeout(0.1)
        _drip_until_cut_off(opened, 3)


def _drip_until_cut_off(opened, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            opened.sendall(b"x")
            if opened.recv(100) == b"":
                return
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return
    pytest.fail("it is still open")


@pytest.mark.slow
@pytest.mark.issue(25)
def test_an_answer_that_nobody_takes_holds_its_connection_for_a_while_only(serve):
    """It held one of those its address may have for as long as the client liked."""
    server = serve(request_timeout=2, connections_each=2)
    answer = server.client.post("/v1/jobs", content=_chunks(30), headers=_FORM)
    with socket.socket() as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.connect(("127.0.0.1", server.port))
        path = f"/v1/jobs/{answer.json()['id']}/document"
        opened.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        # Which leaves none for others, until it is broken off.
        assert not _is_let_in(server.port)
        wait_until(lambda: _is_let_in(server.port), seconds=8, what="the end of the connection")


def _is_let_in(port):
    with suppress(httpx.TransportError), httpx.Client() as other:
        return other.get(f"http://127.0.0.1:{port}/livez").status_code == 200
    return False
