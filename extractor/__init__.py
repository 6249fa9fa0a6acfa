"""What is known about documents: pages, tables, forms, readings, results. No broker, no weights, no web.

`extractor.read`, `stream`, `open_results` and the clients of a service come from whatever package says that it reads
documents with all of this (entry points of the group `extractor.library`): nothing here knows it. What they raise is
an `ExtractorError`.
"""

from importlib import metadata
from typing import Any

from extractor.seams.errors import CancelledError as CancelledError
from extractor.seams.errors import DocumentError as DocumentError
from extractor.seams.errors import ExtractorError as ExtractorError
from extractor.seams.errors import ServiceError as ServiceError
from extractor.seams.errors import UsageError as UsageError

__version__ = "0.1.0"
_LIBRARY = ("AsyncClient", "Client", "Document", "Job", "Results", "open_results", "read", "stream")


def __getattr__(name: str) -> Any:
    if name not in _LIBRARY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    (found,) = metadata.entry_points(group="extractor.library")
    return getattr(found.load(), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LIBRARY])
