"""Run in a process of its own: extracts the given document while any use of the network is an error."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

#: Anything that reaches out or asks a name server. Binding stays allowed: urllib3 binds to the loopback
#: address when it is imported, to learn whether the machine knows IPv6.
_FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.gethostby", "socket.send", "urllib.Request")


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        sys.stderr.write(f"network touched: {event} {arguments}\n")
        sys.stderr.flush()
        # Not an exception: something on the way might swallow it.
        os._exit(99)


def main(path: Path) -> None:
    """Reads the document with the fast engine and the official one as second reader; writes the status."""
    from extractor.pipeline import extract_document
    from extractor.seams.options import Options
    from models.engines import load_readers

    readers = load_readers("fast", "paddleocr")
    result = extract_document(path, name=path.name, readers=readers, options=Options())
    sys.stdout.write(f"{result.status.value} {len(result.reports)}\n")


if __name__ == "__main__":
    sys.addaudithook(_forbid)
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
