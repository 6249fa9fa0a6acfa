"""Tables of the store. Times are seconds since 1970, UTC. Changed only together with a migration."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    func,
    literal_column,
    null,
    text,
)
from sqlalchemy.dialects import postgresql

from workers.service.store.tables import metadata

#: Oldest step of the schema whose code can work with this one: nothing that it reads or writes has been taken away or
#: changed since, and what is new has a default. A step that does otherwise raises this to itself, and then machines
#: cannot be updated one after the other.
OLDEST = "0008"
#: The last step: what this schema is.
HEAD = "0015"


class JobState(StrEnum):
    """Where a job stands; it is in exactly one state at any time. A cancelled job is a failed one."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


documents = Table(
    "documents",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("created", Double, nullable=False),
)

#: fence grows with every claim: who holds an older one may write nothing more. beat grows while the holder lives.
#: bell is when the broker was told, NULL when it has to be (the outbox). sender: token by which the document came.
#: batch: what the sender calls what was sent together with it. copy: blob of the document with its text.
#: expected_errors: of the accepted fields.
jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("document", String(64), ForeignKey("documents.sha256"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("pipeline", String(32), nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("beat", Integer, nullable=False, server_default=text("0")),
    Column("worker", Text, nullable=False, server_default=""),
    Column("cancel", Boolean, nullable=False, server_default=false()),
    Column("bell", Double),
    Column("not_before", Double, nullable=False, server_default=text("0")),
    Column("urgency", String(16), nullable=False, server_default="bulk"),
    Column("sender", String(64), nullable=False, server_default=""),
    Column("batch", Text, nullable=False, server_default=""),
    Column("code", String(64), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("pages", Integer, nullable=False, server_default=text("0")),
    Column("pages_done", Integer, nullable=False, server_default=text("0")),
    Column("result", String(64)),
    Column("copy", String(64)),
    Column("status", String(16), nullable=False, server_default=""),
    Column("form", Text, nullable=False, server_default=""),
    Column("organ", Text, nullable=False, server_default=""),
    Column("year", Text, nullable=False, server_default=""),
    Column("accepted", Integer, nullable=False, server_default=text("0")),
    Column("review", Integer, nullable=False, server_default=text("0")),
    Column("findings", Integer, nullable=False, server_default=text("0")),
    Column("expected_errors", Double, nullable=False, server_default=text("0")),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Column("started", Double),
    Column("finished", Double),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="done_has_result"),
    Index("ix_jobs_state_created", "state", "created", "id"),
    Index("ix_jobs_created_id", "created", "id"),
    Index("ix_jobs_finished_id", "finished", "id"),
)

_TO_RING = (jobs.c.state == JobState.QUEUED.value) & jobs.c.bell.is_(None)
_RUNG = (jobs.c.state == JobState.QUEUED.value) & jobs.c.bell.is_not(None)
Index(
    "ix_jobs_to_ring",
    jobs.c.pipeline,
    jobs.c.urgency,
    jobs.c.sender,
    jobs.c.created,
    jobs.c.id,
    postgresql_where=_TO_RING,
    sqlite_where=_TO_RING,
)
Index("ix_jobs_rung", jobs.c.pipeline, jobs.c.bell, postgresql_where=_RUNG, sqlite_where=_RUNG)
Index("ix_jobs_organ", jobs.c.organ, jobs.c.created.desc(), jobs.c.id.desc())
_HAS_RESULT = jobs.c.result.is_not(None)
Index("ix_jobs_result", jobs.c.result, postgresql_where=_HAS_RESULT, sqlite_where=_HAS_RESULT)
_HAS_COPY = jobs.c.copy.is_not(None)
Index("ix_jobs_copy", jobs.c.copy, postgresql_where=_HAS_COPY, sqlite_where=_HAS_COPY)
_HAS_BATCH = jobs.c.batch != literal_column("''")
Index("ix_jobs_batch", jobs.c.batch, jobs.c.id, postgresql_where=_HAS_BATCH, sqlite_where=_HAS_BATCH)


def characters(text: ColumnElement[str]) -> ColumnElement[list[str]]:
    """Every character of a text, in small letters, as PostgreSQL has them in an array."""
    return func.string_to_array(func.lower(text), null(), type_=postgresql.ARRAY(Text))


#: A part of a name is looked for by its characters. Not by threes of them (pg_trgm): that is no part of PostgreSQL,
#: knows none of Chinese in databases of the locale C, and finds nothing by parts of one or two.
Index("ix_jobs_name_characters", characters(jobs.c.name), postgresql_using="gin").ddl_if(dialect="postgresql")

#: What became of each claim of a job; ended is NULL while it lasts.
attempts = Table(
    "attempts",
    metadata,
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("fence", Integer, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("started", Double, nullable=False),
    Column("ended", Double),
    Column("outcome", String(16), nullable=False, server_default=""),
    Column("code", String(64), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
)

#: deaths: processes that ended on this page. outcome: done, or what keeps the page from being tried again.
#: checkpoint: blob of what was recognised on it, until the job is done.
pages = Table(
    "pages",
    metadata,
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("outcome", String(16), nullable=False, server_default=""),
    Column("deaths", Integer, nullable=False, server_default=text("0")),
    Column("seconds", Double, nullable=False, server_default=text("0")),
    Column("checkpoint", String(64)),
)
_HAS_CHECKPOINT = pages.c.checkpoint.is_not(None)
Index(
    "ix_pages_checkpoint",
    pages.c.checkpoint,
    postgresql_where=_HAS_CHECKPOINT,
    sqlite_where=_HAS_CHECKPOINT,
)

#: Parts of the work on a running job's long document, for whoever has a hand free. kind: read, pages `first` to
#: `last`, or runs, of which `runs` has the numbers of the pages as JSON and `kept` the blob of what they say. fence:
#: grows with every worker that takes it. worker: who has it in hand since `since`, empty for nobody; seen: its last
#: sign of life, both by the clock of the database. done: there is nothing left to do.
stretches = Table(
    "stretches",
    metadata,
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("worker", Text, nullable=False, server_default=""),
    Column("since", Double, nullable=False, server_default=text("0")),
    Column("seen", Double, nullable=False, server_default=text("0")),
    Column("done", Boolean, nullable=False, server_default=false()),
    Column("runs", Text, nullable=False, server_default=""),
    Column("kept", String(64)),
)

#: Wall-clock seconds spent in each stage of reading, over all documents ever done here: the sum over its slots. Who
#: completes a job adds to one of them, so that completions do not queue for one row.
stage_seconds = Table(
    "stage_seconds",
    metadata,
    Column("stage", String(32), primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("seconds", Double, nullable=False),
)

#: What versions before had in place of `stage_seconds`; their workers may be at work while machines are updated.
stages = Table(
    "stages",
    metadata,
    Column("stage", String(32), primary_key=True),
    Column("seconds", Double, nullable=False),
)

#: Every organ any job has ever had: a part of a name is looked for here, of which there are thousands, not millions.
organs = Table("organs", metadata, Column("name", Text, primary_key=True))

#: Secrets are kept as SHA-256 only: 256 random bits need no slow hash.
tokens = Table(
    "tokens",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(8), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created", Double, nullable=False),
    Column("revoked", Double),
)

#: Answers already given to an Idempotency-Key of a client.
idempotency = Table(
    "idempotency",
    metadata,
    Column("client", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("created", Double, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created", Double, nullable=False),
)

#: Notices to webhooks: done is NULL until one was taken or given up (then with its error).
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("webhook", String(12), ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("job", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due", Double, nullable=False),
    Column("done", Double),
    Column("error", Text, nullable=False, server_default=""),
    Column("created", Double, nullable=False),
    Index("ix_deliveries_done_due", "done", "due"),
)

#: Facts about the service itself, such as the mark by which a wiped broker is known.
facts = Table(
    "facts",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

#: Who does the rounds among the workers of a pipeline (the key): holder is empty where nobody does, beat grows with
#: every turn, acted is when the last round ended, by the clock of the database.
leadership = Table(
    "leadership",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("holder", Text, nullable=False, server_default=""),
    Column("beat", BigInteger, nullable=False, server_default=text("0")),
    Column("acted", Double),
)

#: Who works: store is what is wrong with the worker's store, empty while nothing is; seen is its last sign of life,
#: by the clock of the database.
workers = Table(
    "workers",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("pipeline", String(32), nullable=False),
    Column("slots", Integer, nullable=False),
    Column("store", Text, nullable=False, server_default=""),
    Column("started", Double, nullable=False),
    Column("seen", Double, nullable=False),
)
