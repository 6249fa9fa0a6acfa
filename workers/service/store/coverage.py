"""Which bodies there are reports of, and of which years: the archive as a table of bodies by years."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from workers.service.store.database import Database
from workers.service.store.records import Job
from workers.service.store.schema import JobState, jobs, organs

#: Jobs of a page of bodies: fifty of thirty years, and as many again that were read twice.
_MOST_JOBS = 3000


@dataclass(frozen=True, slots=True)
class BodyYears:
    """A body, as its reports name it, and by year the jobs done that hold a report of it, newest first.

    Of a document with several reports bodies and years are told together.
    """

    organ: str
    years: dict[int, tuple[Job, ...]]


class CoverageStore:
    """Reads a `Database`; every method raises ServiceError when it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, part: str, after: str, limit: int) -> tuple[list[BodyYears], str]:
        """Bodies with a part in their names, by name, after one; and the name of the last if more follow, else ""."""
        query = sa.select(organs.c.name).where(organs.c.name > after, organs.c.name != "")
        if part:
            query = query.where(organs.c.name.icontains(part, autoescape=True))
        with self._database.read() as connection:
            names = list(connection.execute(query.order_by(organs.c.name).limit(limit + 1)).scalars())
        shown = names[:limit]
        found = self.of(shown)
        following = shown[-1] if len(names) > limit else ""
        return [BodyYears(name, found[name]) for name in shown if found[name]], following

    def of(self, names: list[str]) -> dict[str, dict[int, tuple[Job, ...]]]:
        """By body and year, the jobs done of some bodies, newest first."""
        query = (
            sa.select(jobs)
            .where(jobs.c.organ.in_(names), jobs.c.state == JobState.DONE)
            .order_by(jobs.c.created.desc(), jobs.c.id.desc())
            .limit(_MOST_JOBS)
        )
        found: dict[str, dict[int, tuple[Job, ...]]] = defaultdict(dict)
        with self._database.read() as connection:
            for row in connection.execute(query):
                job = Job.from_row(row)
                years = found[job.organ]
                for year in {int(told) for told in job.year.split(", ") if told.isdecimal()}:
                    years[year] = (*years.get(year, ()), job)
        return found
