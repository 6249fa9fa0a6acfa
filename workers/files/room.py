"""Room on the disk: asked for before and while something of a stranger's is written."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

#: Bytes left free on a disk by whatever comes from outside, so that results, databases and logs of the documents in
#: hand go on (a result has some 50 KB, a checkpoint 100 KB a page), and of a small disk no more than this share.
KEPT_FREE, _KEPT_SHARE = 256 << 20, 0.05
#: Bytes between two looks: one costs microseconds, writing so much some hundredths of a second.
_STEP = 16 << 20


class Room:
    """Watches over the room on the disk of a folder while one file is written there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left = 0

    def take(self, size: int) -> None:
        """Says that so many bytes are to be written.

        Raises:
            OSError: less would stay free than is to be kept.
        """
        self._left -= size
        if self._left >= 0:
            return
        disk = shutil.disk_usage(self._folder)
        kept = min(KEPT_FREE, int(_KEPT_SHARE * disk.total))
        free = disk.free - kept
        if free < size:
            told = f"{os.strerror(errno.ENOSPC)} (all but {kept >> 20} MB)"
            raise OSError(errno.ENOSPC, told)
        self._left = min(_STEP, free)
