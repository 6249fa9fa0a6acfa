"""A worker that is killed at a named point of its work, once: EXTRACTOR_TEST_DIE_AT and a folder to remember it in.

Points: claim, checkpoint (a page is kept, and not yet told of), page, put (the result is kept, the job not yet done)
and complete (done, the message not answered).

Two points are faults of its consumer instead, once it is ready: at `ghost` it takes a thread for busy that is not, at
`stuck` its loop never comes back.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import signals
from celery.worker import state

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
    "checkpoint": (blobs.FolderBlobs, "put", "page-1.bin"),
    "put": (blobs.FolderBlobs, "put", "result.json"),
    "complete": (JobStore, "complete"),
}


class _Ghost:
    id = "nobody"


_ghost = _Ghost()
_CONSUMERS: dict[str, Callable[[Any], Any]] = {
    "ghost": lambda consumer: state.reserved_requests.add(_ghost),
    "stuck": lambda consumer: consumer.call_soon(time.sleep, 3600),
}


def _be_deaf(point: str) -> None:
    signals.worker_ready.connect(lambda sender, **_: _CONSUMERS[point](sender), weak=False)


if __name__ == "__main__":
    point = os.environ["EXTRACTOR_TEST_DIE_AT"]
    if point in _CONSUMERS:
        _be_deaf(point)
    else:
        owner, method, *file = _POINTS[point]
        _die_after(owner, method, point, *file)
    sys.exit(service_process.main(sys.argv[1:]))
