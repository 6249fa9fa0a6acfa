"""Seconds spent in each stage of reading: a counter to which many add at once."""

from __future__ import annotations

import random
from collections.abc import Mapping

import sqlalchemy as sa

from workers.service.store.database import Database
from workers.service.store.schema import stage_seconds, stages

#: Rows over which each stage is spread. Where a commit takes 30 ms sixteen workers completed 30 documents a second
#: over one row, as many as one of them alone, and 264 over 64 (`benchmarks/many_jobs.py`).
_SLOTS = 64


def add_stage_seconds(database: Database, connection: sa.Connection, seconds: Mapping[str, float]) -> None:
    """Adds to every stage, in the order of their names: whoever meets waits, and never for each other."""
    slot = random.randrange(_SLOTS)
    rows = [{"stage": stage, "slot": slot, "seconds": spent} for stage, spent in sorted(seconds.items())]
    if rows:
        database.insert_or_add(connection, stage_seconds, rows, "seconds")


def sum_stage_seconds(connection: sa.Connection) -> dict[str, float]:
    """Wall-clock seconds by stage."""
    both = sa.union_all(
        sa.select(stage_seconds.c.stage, stage_seconds.c.seconds), sa.select(stages.c.stage, stages.c.seconds)
    ).subquery()
    query = sa.select(both.c.stage, sa.func.sum(both.c.seconds)).group_by(both.c.stage)
    return {str(stage): float(seconds) for stage, seconds in connection.execute(query)}
