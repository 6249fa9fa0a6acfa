"""Who may look at what a service keeps: the user it runs as, and nobody else."""

from __future__ import annotations

import os
from pathlib import Path

from extractor.wording.said import say, tell_os_error
from workers.files.storage import OutputError


def write_privately() -> None:
    """Has this process, and all it starts, make files and folders that only their user opens."""
    os.umask(0o077)


def keep_private(folder: Path) -> None:
    """Makes a folder, closes it to others, and writes privately from now on.

    Files that were there before need no change: nobody else gets to them through the folder.

    Raises:
        OutputError: it cannot be made, or belongs to somebody else.
    """
    write_privately()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise OutputError(
            say("messages.files.cannot_keep_private", path=folder, why=tell_os_error(error))
        ) from error


def private_folder(folder: Path) -> Path:
    """A folder in a place where everybody can make one, such as that of temporary files: ours, and no link.

    Raises:
        OutputError: somebody else made it, or others may write to it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise OutputError(say("messages.files.cannot_make", path=folder, why=tell_os_error(error))) from error
    if folder.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise OutputError(say("messages.files.not_private", path=folder))
    return folder
