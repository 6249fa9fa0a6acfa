"""How long an archive takes on 1, 10 and 100 machines, and what is full first: a calculation from measured figures.

`python benchmarks/scale.py` prints it for 10 million pages and the figures of benchmarks/README.md; every figure can
be given anew, as measured on one's own machines. Nothing is measured here, and nothing slows anything else down but
by being full: machines that share a disk or a network will take longer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured, and what is assumed of archive and machines.

    Of a page: reader_seconds of processor time; page_kb of the scan and checkpoint_kb of what was read, in
    kilobytes of 1,000 bytes. Of a document: worker_ms, web_ms and broker_ms of processor time, and web_mb_ms more for
    each megabyte of it; result_kb. A document needs document_writes transactions of the store and page_writes more
    for each page. commits: what the store bears a second, over many connections. commit_ms: what one of them takes,
    for as long as which it holds what it has locked; the transaction that completes a document locks one of
    counter_rows. long_document: pages above which checkpoints come to the blobs. link_mb: megabytes a second, each
    way, of the machine that holds the blobs.
    """

    pages: float = 10e6
    pages_per_document: float = 7
    cores: float = 4
    reader_seconds: float = 0.88
    worker_ms: float = 57
    web_ms: float = 13.2
    web_mb_ms: float = 4.3
    broker_ms: float = 1.4
    document_writes: float = 4
    page_writes: float = 1
    commits: float = 2247
    commits_sqlite: float = 514
    commit_ms: float = 3.5
    counter_rows: float = 64
    long_document: float = 20
    page_kb: float = 300
    checkpoint_kb: float = 97
    result_kb: float = 55
    link_mb: float = 118

    @property
    def documents(self) -> float:
        return self.pages / self.pages_per_document

    @property
    def writes(self) -> float:
        """Writing transactions of a document."""
        return self.document_writes + self.page_writes * self.pages_per_document

    @property
    def upload_ms(self) -> float:
        """Processor milliseconds of the API's process for a document."""
        return self.web_ms + self.web_mb_ms * self.page_kb * self.pages_per_document / 1e3

    @property
    def blob_kb(self) -> float:
        """Kilobytes that come to the blobs with a document; what goes out is less, the document when it is read."""
        checkpoint_kb = self.checkpoint_kb if self.pages_per_document > self.long_document else 0.0
        return (self.page_kb + checkpoint_kb) * self.pages_per_document + self.result_kb

    @property
    def documents_of_machine(self) -> float:
        """Documents a second of one machine that does nothing but read."""
        seconds = self.reader_seconds * self.pages_per_document + self.worker_ms / 1e3
        return self.cores / seconds


@dataclass(frozen=True, slots=True)
class Resource:
    """Something there is one of. most: documents a second it bears."""

    name: str
    most: float


def shared(figures: Figures) -> list[Resource]:
    """What all machines share, the first to be full first."""
    found = [
        Resource("the API's process", 1e3 / figures.upload_ms),
        Resource("the broker's process", 1e3 / figures.broker_ms),
        Resource("PostgreSQL's commits", figures.commits / figures.writes),
        Resource("rows that are locked", figures.counter_rows * 1e3 / figures.commit_ms),
        Resource("the blobs' network", figures.link_mb * 1e3 / figures.blob_kb),
    ]
    return sorted(found, key=lambda resource: resource.most)


def lines(figures: Figures, counts: list[int]) -> Iterator[str]:
    """The answer as Markdown."""
    resources = shared(figures)
    yield f"| machines | pages/s | documents/s | time | {' | '.join(one.name for one in resources)} |"
    yield "|" + "---|" * (4 + len(resources))
    for count in counts:
        wanted = count * figures.documents_of_machine
        rate = min(wanted, resources[0].most)
        shares = " | ".join(f"{wanted / one.most:.0%}" for one in resources)
        time = tell_time(figures.documents / rate)
        yield f"| {count} | {rate * figures.pages_per_document:.3g} | {rate:.3g} | {time} | {shares} |"
    yield ""
    yield (
        f"{figures.writes:.0f} writing transactions, {figures.blob_kb / 1e3:.1f} MB and one message a document; "
        f"a machine reads {figures.documents_of_machine:.2f} documents a second."
    )
    for one in resources:
        machines = one.most / figures.documents_of_machine
        yield f"{one.name}: full at {one.most:.0f} documents a second, which {machines:.0f} machines read"
    sqlite = figures.commits_sqlite / figures.writes
    machines = sqlite / figures.documents_of_machine
    yield f"SQLite's commits, on one machine: full at {sqlite:.0f} documents a second, as {machines:.0f} would read"


def tell_time(seconds: float) -> str:
    """Days from two of them on, else hours."""
    return f"{seconds / 86_400:.1f} days" if seconds >= 2 * 86_400 else f"{seconds / 3600:.1f} hours"


def main() -> None:
    """Reads the figures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--machines", type=int, nargs="+", default=[1, 10, 100])
    for figure in fields(Figures):
        option = f"--{figure.name.replace('_', '-')}"
        parser.add_argument(option, type=float, default=figure.default, help=f"default {figure.default:g}")
    given = vars(parser.parse_args())
    counts = given.pop("machines")
    for line in lines(Figures(**given), counts):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
