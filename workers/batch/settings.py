"""What one run is asked to do: validated at the edge, frozen."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from workers.batch.grouping import GroupBy
from workers.exports.formats import DATASET_FORMATS
from workers.reading.options import ReadOptions
from workers.reading.protocol import ReadLimits
from workers.reading.reader import CHILD

#: Bytes one process may need at its peak; with less memory fewer processes run.
_PROCESS_BYTES = 1_200_000_000


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Settings of one run.

    output: folder of the result JSONs. overlays: folder for pictures of what each stage decided, None for none.
    exports: formats written beside each JSON, and of the dataset. retry_failed: read only what has failed before.
    follow_links: read what links in folders lead to. group_by: which pictures are one document together.
    reader_module: run as the process that reads.
    """

    output: Path
    options: ReadOptions = field(default_factory=ReadOptions)
    limits: ReadLimits = field(default_factory=lambda: ReadLimits(document_timeout=1800.0))
    overlays: Path | None = None
    jobs: int = 1
    force: bool = False
    exports: tuple[str, ...] = ()
    retry_failed: bool = False
    follow_links: bool = False
    group_by: GroupBy = GroupBy.FILE
    reader_module: str = CHILD

    @property
    def dataset_formats(self) -> tuple[str, ...]:
        """Formats of the dataset that is written after the run."""
        return tuple(name for name in self.exports if name in DATASET_FORMATS)


def default_jobs() -> int:
    """As many processes as there are processors to use and memory for."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(len(os.sched_getaffinity(0)), memory // _PROCESS_BYTES))
