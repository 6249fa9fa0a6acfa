"""Who works for a service: each worker tells of itself, and is gone when it has not for a while."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workers.service.store.database import Database
from workers.service.store.schema import JobState, attempts, jobs, stretches, workers

#: Signs of life a worker may miss before it counts as gone.
_MISSED = 4
#: Seconds after which one that is gone is told of no more.
_FORGOTTEN = 86_400.0

#: What is read just now, by whom, and since when.
_RUNNING = (
    sa.select(jobs.c.id, jobs.c.name, jobs.c.pages_done, jobs.c.pages, jobs.c.worker, attempts.c.started)
    .join(attempts, (attempts.c.job == jobs.c.id) & (attempts.c.fence == jobs.c.fence))
    .where(jobs.c.state == JobState.RUNNING)
    .order_by(attempts.c.started)
)
#: Whose pages are read just now by workers that do not hold the job, and since when.
_HELPED = (
    sa.select(
        jobs.c.id,
        jobs.c.name,
        jobs.c.pages_done,
        jobs.c.pages,
        stretches.c.worker,
        stretches.c.since.label("started"),
    )
    .join(jobs, (jobs.c.id == stretches.c.job) & (jobs.c.worker != stretches.c.worker))
    .where(stretches.c.worker != "", ~stretches.c.done, jobs.c.state == JobState.RUNNING)
    .order_by(stretches.c.since)
)


@dataclass(frozen=True, slots=True)
class InHand:
    """A job that is read just now, or pages of it. since: seconds since 1970; pages: all, 0 before that is known."""

    job: str
    name: str
    pages_done: int
    pages: int
    since: float


@dataclass(frozen=True, slots=True)
class Machine:
    """A worker. slots: documents it reads at once. silent: seconds since its last sign of life.

    store: what is wrong with its store, empty while nothing is.
    """

    name: str
    version: str
    pipeline: str
    slots: int
    store: str
    started: float
    silent: float
    is_gone: bool
    in_hand: tuple[InHand, ...] = ()

    @property
    def state(self) -> str:
        """working, paused (its store is away) or gone."""
        return "gone" if self.is_gone else "paused" if self.store else "working"


class MachineStore:
    """Workers in a `Database`. heartbeat: seconds between two signs of life of each.

    Every method raises ServiceError or StorageError when the store does not answer.
    """

    def __init__(self, database: Database, heartbeat: float) -> None:
        self._database, self._heartbeat = database, heartbeat

    def tell(self, name: str, *, version: str, pipeline: str, slots: int, store: str) -> None:
        """A worker's sign of life; store: as in `Machine`."""
        with self._database.write() as connection:
            now = self._database.clock(connection)
            row = {"name": name, "version": version, "pipeline": pipeline, "slots": slots, "started": now}
            if not self._database.insert_new(connection, workers, row | {"store": store, "seen": now}):
                known = sa.update(workers).where(workers.c.name == name)
                connection.execute(known.values(store=store, seen=now))
            connection.execute(sa.delete(workers).where(workers.c.seen < now - _FORGOTTEN))

    def leave(self, name: str) -> None:
        """A worker has been ended in order."""
        with self._database.write() as connection:
            connection.execute(sa.delete(workers).where(workers.c.name == name))

    def list(self) -> list[Machine]:
        """All workers, and what they do; those that are gone for a day, too."""
        with self._database.read() as connection:
            now = self._database.clock(connection)
            running = [*connection.execute(_RUNNING), *connection.execute(_HELPED)]
            rows = connection.execute(sa.select(workers).order_by(workers.c.started, workers.c.name)).all()
        in_hand: dict[str, list[InHand]] = {}
        for job in running:
            told = InHand(job.id, job.name, job.pages_done, job.pages, job.started)
            in_hand.setdefault(job.worker, []).append(told)
        return [
            Machine(
                row.name,
                row.version,
                row.pipeline,
                row.slots,
                row.store,
                row.started,
                max(0.0, now - row.seen),
                is_gone=now - row.seen > _MISSED * self._heartbeat,
                in_hand=tuple(in_hand.get(row.name, ())),
            )
            for row in rows
        ]

    def count_slots(self, pipeline: str) -> int:
        """Documents that workers of a pipeline can read at once, those apart that are gone or have no store."""
        with self._database.read() as connection:
            seen = workers.c.seen >= self._database.clock(connection) - _MISSED * self._heartbeat
            is_there = seen & (workers.c.pipeline == pipeline) & (workers.c.store == "")
            total = sa.select(sa.func.coalesce(sa.func.sum(workers.c.slots), 0)).where(is_there)
            return int(connection.execute(total).scalar_one())

    def waiting(self) -> dict[str, int]:
        """Jobs that wait, by their pipeline."""
        query = sa.select(jobs.c.pipeline, sa.func.count()).where(jobs.c.state == JobState.QUEUED)
        with self._database.read() as connection:
            return {
                pipeline: count for pipeline, count in connection.execute(query.group_by(jobs.c.pipeline))
            }
