"""Connections beside their requests: how many in all and from one address, and deadlines for what no request awaits.

Nothing of this needs a token to be sent: a thousand requests begun and not ended would otherwise take all that a
process may have open. While a request is in hand its body has the deadline of `workers.api.web.gate`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_LOG = logging.getLogger(__name__)
#: Seconds a client has for the line and the headers of a request; a browser on a poor line takes under two.
_HEAD_SECONDS = 10.0
#: Seconds for the rest of a request that was answered before it ended: the megabyte of it that is still read takes 20
#: at the slowest speed there may be (`workers.api.web.gate`).
_REST_SECONDS = 30.0
#: Seconds in which a client has to take the 48 KB of an answer by which asyncio's buffer (64 KB) falls until it is
#: filled again. A closed connection, too, stays as long as there is anything in it.
_STALL_SECONDS = 60.0
#: Seconds for which the same kind of line is not logged again.
_BURST = 10.0
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\n"
    b"Connection: close\r\nContent-Length: 68\r\n\r\n"
    b'{"title":"Service Unavailable","status":503,"detail":"connections"}\n'
)


@dataclass(slots=True)
class Doorkeeper:
    """Counts open connections. most: in all; each: from one address. patience: the longest that anybody is given."""

    most: int
    each: int
    patience: float = _STALL_SECONDS
    _open: Counter[str] = field(default_factory=Counter)

    @property
    def head_seconds(self) -> float:
        return min(_HEAD_SECONDS, self.patience)

    @property
    def rest_seconds(self) -> float:
        return min(_REST_SECONDS, self.patience)

    @property
    def stall_seconds(self) -> float:
        return min(_STALL_SECONDS, self.patience)

    def enter(self, address: str) -> bool:
        """Whether one more may stay; one that may not is not counted."""
        if self._open.total() >= self.most or self._open[address] >= self.each:
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]


class Guarded(H11Protocol):
    """A connection that a doorkeeper has let in, or turns away."""

    doorkeeper: Doorkeeper
    _address: str | None = None
    _deadline: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else "local"
        if not self.doorkeeper.enter(address):
            _LOG.warning("too many connections: some are turned away")
            transport.write(_BUSY)
            transport.close()
            return
        self._address = address
        self._watch(self.doorkeeper.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        self._forget_stall()
        if self._address is not None:
            self.doorkeeper.leave(self._address)
            self._address = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._address is None:
            return
        super().data_received(data)
        self._watch(self.doorkeeper.head_seconds) if self._is_owed() else self._forget()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Every further drop of its body would put off the end that uvicorn has in mind for an idle connection.
        if self.conn.their_state is h11.SEND_BODY:
            self._watch(self.doorkeeper.rest_seconds)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall is None:
            loop = asyncio.get_running_loop()
            self._stall = loop.call_later(self.doorkeeper.stall_seconds, self._break_off)

    def resume_writing(self) -> None:
        self._forget_stall()
        super().resume_writing()

    def _is_owed(self) -> bool:
        """Whether the client sends what nobody has in hand: a head, or the rest of what has been answered."""
        answered = self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY
        return not self.transport.is_closing() and (answered or self.conn.their_state is h11.IDLE)

    def _watch(self, seconds: float) -> None:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().call_later(seconds, self._give_up)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _forget_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._is_owed():
            _LOG.warning("requests that do not end are broken off")
            self.transport.abort()

    def _break_off(self) -> None:
        self._stall = None
        _LOG.warning("answers that nobody takes are broken off")
        self.transport.abort()


def guarded_protocol(doorkeeper: Doorkeeper) -> type[H11Protocol]:
    """The protocol of uvicorn, for connections that a doorkeeper lets in."""
    return type("Guarded", (Guarded,), {"doorkeeper": doorkeeper})


class BurstFilter(logging.Filter):
    """Lets a line through once in a while, and tells with the next one how many were held back."""

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[Any, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is logged; lines are alike when their template is."""
        until, count = self._held.get(record.msg, (0.0, 0))
        now = time.monotonic()
        if now < until:
            self._held[record.msg] = until, count + 1
            return False
        if len(self._held) > 1000:
            self._held.clear()
        self._held[record.msg] = now + _BURST, 0
        if count:
            record.msg = f"{record.msg} ({count:,} more like it before)"
        return True


def quieten_bursts() -> None:
    """Has what a stranger can make the server say be said once per burst."""
    for name in ("uvicorn.error", "asyncio", __name__):
        logging.getLogger(name).addFilter(BurstFilter())
