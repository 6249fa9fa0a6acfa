"""The broker, which only tells workers that there is something to do. It may lose everything it holds.

Celery carries the id of a job and little else, and a message is gone once a worker has taken it: the store knows
which jobs wait, so there is nothing to acknowledge. Acknowledging from the thread that did the work is what makes a
worker with threads deaf after its broker was restarted (celery issues 8030, 10302; seen here with 5.7).
"""

from __future__ import annotations

import socket
import ssl
import uuid
from typing import Any

import redis
from celery import Celery
from kombu.entity import Exchange, Queue
from kombu.exceptions import KombuError

from extractor.seams.errors import ServiceError
from extractor.wording.said import say
from workers.service.urgency import Urgency
from workers.shown.addresses import mask_url

#: Names of the tasks: to read a document, and pages of one that another worker has begun. What the names of their
#: queues begin with, which are also the keys of lists in the broker.
TASK, PAGES_TASK = "extractor.read", "extractor.read_pages"
_QUEUE = "extractor"
#: Key by which a broker is known that has lost its memory, or is another than before.
_MARK = "extractor:mark"
#: A broker to which no link leads any more is known to be gone when it has said nothing for 25 s, or taken nothing
#: for 20 s (milliseconds), as a PostgreSQL is (`store.database`). Who waits for messages says nothing by itself, and
#: would wait for 2 h 11 min by the defaults of Linux.
_KEEPALIVES = {
    socket.TCP_KEEPIDLE: 10,
    socket.TCP_KEEPINTVL: 5,
    socket.TCP_KEEPCNT: 3,
    socket.TCP_USER_TIMEOUT: 20_000,
}


def queues_of(pipeline: str) -> dict[Urgency, str]:
    """The queues of those who read by a pipeline; those of nobody in particular for none.

    Sorted by name they are in the order in which they are read: that is how kombu is told of it.
    """
    return {one: f"{_begin(pipeline)}.{number}-{one.value}" for number, one in enumerate(Urgency, start=1)}


def pages_queue_of(pipeline: str) -> str:
    """The queue of pages of long documents that are being read: behind what people wait for, before archives."""
    return f"{_begin(pipeline)}.1-pages"


def _begin(pipeline: str) -> str:
    return f"{_QUEUE}.{pipeline}" if pipeline else _QUEUE


def make_celery(broker_url: str, pipeline: str) -> Celery:
    """The Celery application of a pipeline's queues on a broker; it connects when it is used."""
    queues = [pages_queue_of(pipeline), *queues_of(pipeline).values()]
    url = broker_url.replace("valkeys://", "rediss://").replace("valkey://", "redis://")
    app = Celery("extractor", broker=url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_queues=[Queue(name, Exchange(name), routing_key=name, no_ack=True) for name in queues],  # type: ignore[no-untyped-call]
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        task_default_queue=queues[-1],
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "queue_order_strategy": "sorted",
            "socket_timeout": 5,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "socket_keepalive_options": _KEEPALIVES,
            "health_check_interval": 10,
            "max_retries": 2,
            "interval_start": 0,
            "interval_max": 0.5,
        },
        broker_use_ssl={"ssl_cert_reqs": ssl.CERT_REQUIRED} if url.startswith("rediss://") else None,
        worker_hijack_root_logger=False,
        # What Celery's own tools (`inspect`, `events`, Flower) live on: some messages a document, kept by nobody.
        worker_send_task_events=True,
        task_send_sent_event=True,
        worker_enable_remote_control=True,
        worker_pool="threads",
        worker_cancel_long_running_tasks_on_connection_loss=False,
        enable_utc=True,
    )
    return app


class Bell:
    """Rings for jobs of one pipeline, and sees whether the broker still knows what it was told.

    queues: of jobs, by urgency. heard: all that a worker listens to.
    """

    def __init__(self, broker_url: str, pipeline: str = "") -> None:
        self.url, self.queues = broker_url, queues_of(pipeline)
        self._pages = pages_queue_of(pipeline)
        self.heard = (self._pages, *self.queues.values())
        self.celery = make_celery(broker_url, pipeline)
        self._client: Any = _connect(broker_url)

    def ring(self, job: str, urgency: Urgency = Urgency.BULK) -> None:
        """Tells one worker of a queued job, whose id is that of the task.

        Raises:
            ServiceError: the broker does not answer.
        """
        self._send(TASK, (job,), job, self.queues[urgency])

    def ring_for_pages(self, job: str) -> None:
        """Tells one worker that it may read pages of a job that another one holds. Nobody rings again.

        Raises:
            ServiceError: the broker does not answer.
        """
        message = f"{job}.{uuid.uuid4().hex[:8]}"
        self._send(PAGES_TASK, (job, message), message, self._pages)

    def _send(self, task: str, arguments: tuple[str, ...], identifier: str, queue: str) -> None:
        try:
            self.celery.send_task(
                task, args=arguments, task_id=identifier, queue=queue, retry=False, ignore_result=True
            )
        except (KombuError, redis.RedisError, OSError) as error:
            raise ServiceError(
                say("messages.service.broker_silent", url=mask_url(self.url), why=error)
            ) from error

    def waiting(self, urgency: Urgency | None = None) -> int:
        """Messages of jobs, of one urgency or of all, that nobody has taken yet. Raises ServiceError."""
        chosen = self.queues.values() if urgency is None else [self.queues[urgency]]
        return sum(int(self._call("llen", name)) for name in chosen)

    def read_mark(self) -> str:
        """The mark left here, empty for a broker that has none (any more). Raises ServiceError."""
        found = self._call("get", _MARK)
        return found.decode() if found else ""

    def leave_mark(self, mark: str) -> None:
        """Raises ServiceError."""
        self._call("set", _MARK, mark)

    def _call(self, command: str, *arguments: str) -> Any:
        try:
            return getattr(self._client, command)(*arguments)
        except (redis.RedisError, OSError) as error:
            raise ServiceError(
                say("messages.service.broker_silent", url=mask_url(self.url), why=error)
            ) from error

    def close(self) -> None:
        self._client.close()
        self.celery.close()


def _connect(broker_url: str) -> Any:
    url = broker_url.replace("valkeys://", "rediss://").replace("valkey://", "redis://")
    if url.startswith("redis+socket://"):
        url = url.replace("redis+socket://", "unix://", 1)
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, health_check_interval=10)
