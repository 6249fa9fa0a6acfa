"""A worker that is killed at a named point of its work, once: EXTRACTOR_TEST_DIE_AT and a folder to remember it in.

Points: claim, checkpoint (a page is kept, and not yet told of), page, put (the result is kept, the job not yet done)
and complete (done, the message not answered).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workers.cli import service_process
from workers.service.store import blobs
from workers.service.store.jobs import JobStore


def _die_after(owner: type, method: str, point: str, file: str = "") -> None:
    original: Callable[..., Any] = getattr(owner, method)
    spent = Path(os.environ["EXTRACTOR_DATA"]) / f"died-at-{point}"

    def wrapped(*arguments: Any, **named: Any) -> Any:
        answer = original(*arguments, **named)
        # What is put names its file: the result, and not the checkpoints before it.
        if not spent.exists() and (not file or Path(arguments[1].name).name == file):
            spent.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, method, wrapped)


_POINTS: dict[str, Any] = {
    "claim": (JobStore, "claim"),
    "page": (JobStore, "page_done"),
    "checkpoint": (blobs.FolderBlobs, "put", "page-1.npz"),
    "put": (blobs.FolderBlobs, "put", "result.json"),
    "complete": (JobStore, "complete"),
}

if __name__ == "__main__":
    point = os.environ["EXTRACTOR_TEST_DIE_AT"]
    owner, method, *file = _POINTS[point]
    _die_after(owner, method, point, *file)
    sys.exit(service_process.main(sys.argv[1:]))
