"""Tables of the review. Times are seconds since 1970, UTC. Changed only together with a migration."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    literal_column,
    text,
)

from workers.service.store.tables import metadata

#: Fields a person is asked about, and those a person has changed. report: position in the result, from 0.
#: priority: higher ones are asked first. wrong: probability that the machine's value is. decision: the one that
#: holds, NULL while the field is open. version: grows with every decision, the ETag of the field. reading: the number
#: that the machine reads, or the kind of what it reads where that is none; empty of fields of before it was kept.
#: reading_no: how many have read a field that several are to read. readers: their ids, a space around each. outcome:
#: whether the first two agree or differ.
review_fields = Table(
    "review_fields",
    metadata,
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("report", Integer, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("form", Text, nullable=False),
    Column("year", Text, nullable=False),
    Column("organ", Text, nullable=False),
    Column("doubt", String(16), nullable=False),
    Column("priority", Double, nullable=False),
    Column("wrong", Double, nullable=False),
    Column("reading", Text, nullable=False, server_default=""),
    Column("audit", Boolean, nullable=False, server_default=false()),
    Column("opened", Double, nullable=False),
    Column("settled", Double),
    Column("decision", Integer),
    Column("version", Integer, nullable=False, server_default=text("0")),
    Column("reading_no", Integer, nullable=False, server_default=text("0")),
    Column("readers", Text, nullable=False, server_default=""),
    Column("outcome", String(8), nullable=False, server_default=""),
    Column("claimed_by", Text, nullable=False, server_default=""),
    Column("claimed_until", Double, nullable=False, server_default=text("0")),
    Index("ix_review_fields_claimed", "claimed_by", "claimed_until"),
)
#: Open fields in the order in which they are asked: an index that orders otherwise is read whole and sorted.
Index(
    "ix_review_fields_open",
    review_fields.c.priority.desc(),
    review_fields.c.job,
    review_fields.c.report,
    review_fields.c.field,
    postgresql_where=review_fields.c.settled.is_(None),
    sqlite_where=review_fields.c.settled.is_(None),
)

#: Those that read the same, for whoever looks through them at once.
Index(
    "ix_review_fields_alike",
    review_fields.c.reading,
    review_fields.c.priority.desc(),
    postgresql_where=review_fields.c.settled.is_(None),
    sqlite_where=review_fields.c.settled.is_(None),
)

_WAS_READ = review_fields.c.reading_no > literal_column("0")
_AGAIN = review_fields.c.settled.is_(None) & _WAS_READ
#: That another person is to read what one has read. In so many words: of a parameter no index of some rows is sure,
#: and SQLite chooses one by what is equal to something.
READ_ONCE = _WAS_READ & review_fields.c.reading_no.in_((1, 2))
#: Those that another person is to read.
Index("ix_review_fields_again", review_fields.c.reading_no, postgresql_where=_AGAIN, sqlite_where=_AGAIN)

#: Every step of every review, only ever added to. act: decide (by a person; of those taken together `cause` is the
#: first), settle (by the sums, because of the decision `cause`) or undo (of the decision `undoes`). changed: whether
#: it differs from what the machine says. seen: the machine's field as it was shown, as JSON.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("report", Integer, nullable=False),
    Column("field", Text, nullable=False),
    Column("act", String(8), nullable=False),
    Column("who", Text, nullable=False),
    Column("made", Double, nullable=False),
    Column("seconds", Double, nullable=False, server_default=text("0")),
    Column("kind", String(16), nullable=False),
    Column("value", Double),
    Column("raw", Text, nullable=False),
    Column("printed_so", Boolean, nullable=False, server_default=false()),
    Column("confidence", Double, nullable=False),
    Column("audit", Boolean, nullable=False, server_default=false()),
    Column("changed", Boolean, nullable=False, server_default=false()),
    Column("seen", Text, nullable=False),
    Column("cause", Integer),
    Column("undoes", Integer),
    Index("ix_decisions_job_report", "job", "report", "id"),
    Index("ix_decisions_made", "made"),
    Index("ix_decisions_who", "who", "id"),
)

#: What people say to each other about a field.
comments = Table(
    "comments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("report", Integer, nullable=False),
    Column("field", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("made", Double, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_comments_job", "job", "report", "id"),
)

#: Whose fields of an organ, a year, a form or a batch are (all that is named): theirs first, and nobody else's.
assignments = Table(
    "assignments",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("who", String(64), nullable=False),
    Column("organ", Text, nullable=False, server_default=""),
    Column("year", Text, nullable=False, server_default=""),
    Column("form", Text, nullable=False, server_default=""),
    Column("batch", Text, nullable=False, server_default=""),
    Column("made", Double, nullable=False),
)

#: Findings of each kind in the results of the jobs done.
job_findings = Table(
    "job_findings",
    metadata,
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
)
