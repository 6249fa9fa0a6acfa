"""What monitoring is told: most of it is counted in the store, so that it cannot drift."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from extractor import __version__
from extractor.seams.errors import ServiceError
from workers.api.queue.bodies import PROBLEMS
from workers.api.web.access import require
from workers.api.web.remembered import Remembered
from workers.service.reviewing.tally import count_audit, count_waiting
from workers.service.service import Service
from workers.service.store.catalog import JobCatalog
from workers.service.store.leadership import tell_rounds
from workers.service.store.machines import MachineStore
from workers.service.store.tokens import Role

_LOG = logging.getLogger(__name__)
#: Reasons for failing that are not the document's. Each is told from the beginning: of a series that begins with its
#: first failures a monitor sees no rise.
NOT_ITS_OWN = ("crashed", "internal_error", "lost_document", "setup", "worker_lost")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)


class StoreCollector(Collector):
    """The store in numbers, at the moment of the scrape or as `Remembered`; raises ServiceError when it is away.

    All are gauges: a deleted job takes its pages and fields with it, and a counter may not fall.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        catalog, database = JobCatalog(service.database), service.database
        self._catalog = catalog
        self._states = Remembered(catalog.count_states)
        self._fields, self._pages = Remembered(catalog.sum_fields), Remembered(catalog.count_pages)
        self._failed, self._waiting = (
            Remembered(catalog.count_failed),
            Remembered(lambda: count_waiting(database)),
        )
        self._audit = Remembered(lambda: count_audit(database))
        self._machines = MachineStore(database, service.settings.heartbeat)
        self._queues = Remembered(self._machines.waiting)

    @property
    def counts(self) -> list[Remembered[Any]]:
        """What takes long in a large store."""
        counted: list[Remembered[Any]] = [self._states, self._fields, self._pages, self._failed]
        return [*counted, self._waiting, self._audit, self._queues]

    def describe(self) -> list[Metric]:
        # Without it a registry asks `collect`, and so the store, when this is registered.
        return []

    def collect(self) -> Iterator[Metric]:
        fields = self._fields()
        build = {"version": __version__, "pipeline": self._service.pipeline}
        yield _gauge("extractor_build", "Version and pipeline of this process.", build, 1.0, info=True)
        yield _gauges("extractor_jobs", "Jobs in the store.", "state", self._states())
        yield _gauge(
            "extractor_queue_age_seconds",
            "How long the longest waiting job has waited.",
            {},
            self._catalog.oldest_wait(),
        )
        pages = {name or "unread": count for name, count in self._pages().items()}
        yield _gauges("extractor_pages", "Pages of the jobs in the store.", "outcome", pages)
        by_status = {"accepted": fields.accepted, "review": fields.review}
        yield _gauges("extractor_fields", "Fields of the jobs done.", "status", by_status)
        failed = {**dict.fromkeys(NOT_ITS_OWN, 0), **self._failed()}
        yield _gauges("extractor_jobs_failed", "Failed jobs by reason.", "code", failed)
        yield _gauge(
            "extractor_expected_silent_errors",
            "Accepted fields that are wrong, as their confidences say.",
            {},
            fields.expected_errors,
        )
        spent = self._catalog.sum_stages()
        yield _gauges("extractor_stage_seconds", "Time spent reading documents, by stage.", "stage", spent)
        age = tell_rounds(self._service.database, self._service.jobs.pipeline).age
        if age is not None:
            told = "Seconds since the last round of the reconciler."
            yield _gauge("extractor_round_age_seconds", told, {}, age)
        yield from self._collect_machines()
        yield from self._collect_review()
        yield from self._collect_broker()

    def _collect_machines(self) -> Iterator[Metric]:
        machines = self._machines.list()
        states = Counter({"working": 0, "paused": 0, "gone": 0})
        states.update(machine.state for machine in machines)
        yield _gauges("extractor_workers", "Workers by what they do.", "state", states)
        builds = GaugeMetricFamily(
            "extractor_workers_of", "Workers that are there.", labels=["version", "pipeline"]
        )
        there = Counter((one.version, one.pipeline) for one in machines if not one.is_gone)
        for labels, count in sorted(there.items()):
            builds.add_metric(list(labels), float(count))
        yield builds
        told = "Waiting jobs by the pipeline that they wait for."
        yield _gauges("extractor_jobs_waiting", told, "pipeline", self._queues())

    def _collect_review(self) -> Iterator[Metric]:
        told = "Fields that wait for a person, by doubt."
        yield _gauges("extractor_review_waiting", told, "doubt", self._waiting())
        audit = self._audit()
        sampled = {"right": audit.right, "wrong": audit.wrong, "open": audit.open}
        yield _gauges("extractor_audit_fields", "Accepted fields in the audit sample.", "outcome", sampled)

    def _collect_broker(self) -> Iterator[Metric]:
        try:
            waiting = self._service.bell.waiting()
        except ServiceError as error:
            _LOG.warning("%s", error)
            yield _gauge("extractor_broker_up", "Whether the broker answers.", {}, 0.0)
            return
        yield _gauge("extractor_broker_up", "Whether the broker answers.", {}, 1.0)
        yield _gauge("extractor_broker_messages", "Messages nobody has taken yet.", {}, float(waiting))


class Metrics:
    """Registry of one application and what is measured in it."""

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        self.latency = Histogram(
            "extractor_http_request_seconds",
            "Time from request to end of answer.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.store = StoreCollector(service)
        self.registry.register(self.store)


def metrics_router(metrics: Metrics) -> APIRouter:
    """The route /metrics."""
    router = APIRouter(tags=["monitoring"], responses=PROBLEMS, dependencies=[require(Role.SUBMIT)])

    @router.get("/metrics", response_class=_Exposition)
    def get_metrics() -> Response:
        """Metrics for Prometheus."""
        return _Exposition(generate_latest(metrics.registry))

    return router


class _Exposition(Response):
    media_type = CONTENT_TYPE_LATEST


def _gauge(name: str, help_text: str, labels: dict[str, str], value: float, *, info: bool = False) -> Metric:
    family = GaugeMetricFamily(f"{name}_info" if info else name, help_text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _gauges(name: str, help_text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], float(value))
    return family
