"""What whoever reads a backup of the database must not be able to use: sealed with a key that is kept elsewhere.

The key is `EXTRACTOR_SECRET_KEY`, or that of an embedded service, a file in its folder. Sealed is Fernet (version
0x80, https://github.com/fernet/spec).
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from extractor.seams.errors import StorageError, UsageError
from extractor.wording.said import say
from workers.service.settings import ServiceSettings

#: The key of an embedded service, in its folder.
KEY_FILE = "secret.key"
#: What a sealed text begins with; no secret of ours does.
_MARK = "sealed:"


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals and opens texts. key: any text; None seals nothing, and opens what is not sealed."""

    key: str | None

    def close(self, text: str) -> str:
        """The text as it may be kept; unchanged where there is no key."""
        if self.key is None or text.startswith(_MARK):
            return text
        return _MARK + _fernet(self.key).encrypt(text.encode()).decode()

    def open(self, kept: str) -> str:
        """The text again, also one that was kept before there was a key.

        Raises:
            UsageError: it was sealed with another key, or there is none here.
        """
        if not kept.startswith(_MARK):
            return kept
        if self.key is None:
            raise UsageError(say("messages.service.no_key"))
        try:
            return _fernet(self.key).decrypt(kept.removeprefix(_MARK)).decode()
        except InvalidToken as error:
            raise UsageError(say("messages.service.other_key")) from error


def open_seal(settings: ServiceSettings) -> Seal:
    """The seal of a service; an embedded one makes itself a key, many machines have to be given one.

    Raises:
        StorageError: the key cannot be read or written.
    """
    if settings.secret_key or not settings.database.startswith("sqlite"):
        return Seal(settings.secret_key or None)
    path = settings.data / KEY_FILE
    try:
        if not path.exists():
            _make_key(path)
        return Seal(path.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: {error}") from error


def _make_key(path: Path) -> None:
    """Whole or not at all, and once: of processes that start together one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
