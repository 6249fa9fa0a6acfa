"""The API on an open socket, served by uvicorn."""

from __future__ import annotations

import gc
import socket
import threading

import uvicorn

from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.api.web.connections import Doorkeeper, guarded_protocol, quieten_bursts
from workers.api.web.remembered import begin
from workers.service.notices.addresses import is_loopback
from workers.service.running.losses import Witness
from workers.service.service import Service

#: Seconds that requests in hand have when the server is told to stop.
_GRACE = 10


def settle_heap() -> None:
    """Has the collector leave alone what is there now and stays: modules, routes, forms.

    To look through them took 125 ms of processor time, once in some eighty keys of a reviewer: their p99.
    """
    gc.collect()
    gc.freeze()


def serve_socket(service: Service, descriptor: int, host: str) -> None:
    """Answers requests until SIGTERM; who listens beyond loopback, or is told to, asks everybody for a token."""
    required = service.settings.require_token or not is_loopback(host)
    app = create_app(service, access=AccessPolicy(required=required))
    begin(app.state.counts)
    settle_heap()
    settings = service.settings
    keeper = Doorkeeper(settings.connections, settings.connections_each, settings.request_timeout)
    quieten_bursts()
    config = uvicorn.Config(
        app,
        http=guarded_protocol(keeper),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64 * 1024,
        lifespan="on",
    )
    stop = threading.Event()
    witness = threading.Thread(target=Witness(service).run, args=(stop,), name="witness", daemon=True)
    witness.start()
    try:
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])
    finally:
        stop.set()
        witness.join(_GRACE)
