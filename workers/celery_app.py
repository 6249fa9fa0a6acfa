"""`celery -A workers.celery_app …`: the service as Celery's own tools see it, with the settings of the environment.

`inspect`, `status`, `events`, `control` and Flower need the broker only; `celery -A workers.celery_app worker` is
`extractor worker` with the options of Celery.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from celery import signals
from celery.concurrency.thread import TaskPool
from celery.utils.nodenames import node_format

from extractor.seams.errors import ExtractorError, UsageError
from extractor.wording.said import say
from workers.service.bell import make_celery
from workers.service.logs import set_up_logs
from workers.service.notices.webhooks import announce
from workers.service.running.worker import Worker, keep_logs, register
from workers.service.service import Service, open_service
from workers.service.settings import ServiceSettings, read_settings

_LOG = logging.getLogger(__name__)
_SHARED = ("broker_url", "database_url", "store")
#: Of a worker's process: the service it works for, and the worker.
_working: list[tuple[Service, Worker]] = []


def _make() -> Any:
    settings = read_settings()
    if not settings.broker_url:
        raise UsageError(say("messages.serve.which_broker"))
    # As `open_service` has it.
    pipeline = settings.read_options.fingerprint() if settings.database_url else ""
    return make_celery(settings.broker_url, pipeline)


def _begin(sender: Any, **_: Any) -> None:
    """Opens the service for a worker that is about to start; ends the process where it cannot be."""
    try:
        file = Path(node_format(sender.logfile, sender.hostname)) if sender.logfile else None
        set_up_logs(verbose=sender.loglevel <= logging.DEBUG, file=file)
        settings = read_settings()
        _check(settings, sender.pool_cls)
        service = open_service(settings, may_found=False)
    except ExtractorError as error:
        # An exception would only be logged, and the worker would start.
        print(f"extractor: {error}", file=sys.stderr)  # noqa: T201 - there is nobody else to tell
        if sender.logfile:
            # Nobody reads what a daemon prints.
            _LOG.error("%s", error)
        raise SystemExit(error.exit_code) from error
    slots = sender.concurrency if isinstance(sender.concurrency, int) else 1
    worker = Worker(service, slots, ended=lambda job: announce(service.database, job))
    worker.begin(sender)
    _working.append((service, worker))


def _check(settings: ServiceSettings, pool: Any) -> None:
    missing = [f"EXTRACTOR_{name.upper()}" for name in _SHARED if not getattr(settings, name)]
    if missing:
        raise UsageError(say("messages.serve.shares", names=", ".join(missing)))
    if pool is not TaskPool and pool != "threads":
        # Documents are read in processes of the worker's own.
        raise UsageError(say("messages.serve.no_pool"))


def _end(**_: Any) -> None:
    for service, worker in _working:
        worker.end()
        service.close()
    _working.clear()


def _take(job: str) -> None:
    _working[0][1].take(job)


def _take_pages(job: str, message: str) -> None:
    _working[0][1].take_pages(job, message)


try:
    app = _make()
except ExtractorError as error:
    raise SystemExit(f"extractor: {error}") from error
register(app, _take, _take_pages)
signals.setup_logging.connect(keep_logs, weak=False)
signals.worker_init.connect(_begin, weak=False)
signals.worker_shutdown.connect(_end, weak=False)
