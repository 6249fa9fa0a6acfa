"""Archives and compressed files, by what they begin with: a PDF that is stored in one does not make it a PDF."""

from __future__ import annotations

import tarfile
from contextlib import suppress
from enum import StrEnum

#: A zip begins with its first file, with its end where it is empty, or with a mark where it is one part of several.
ZIP, _ZIP_OTHERS = b"PK\x03\x04", (b"PK\x05\x06", b"PK\x07\x08")
SEVEN_Z, RAR4, RAR5 = b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"


class PackedKind(StrEnum):
    """Kinds by their common ending."""

    ZIP = "zip"
    SEVEN_Z = "7z"
    RAR = "rar"
    TAR = "tar"
    GZIP = "gz"
    BZIP2 = "bz2"
    XZ = "xz"
    ZSTD = "zst"


_MARKS = {
    PackedKind.ZIP: (ZIP, *_ZIP_OTHERS),
    PackedKind.SEVEN_Z: (SEVEN_Z,),
    PackedKind.RAR: (RAR4, RAR5),
    PackedKind.GZIP: (b"\x1f\x8b\x08",),
    PackedKind.BZIP2: (b"BZh",),
    PackedKind.XZ: (b"\xfd7zXZ\x00",),
    PackedKind.ZSTD: (b"\x28\xb5\x2f\xfd",),
}


def tell_packed(head: bytes) -> PackedKind | None:
    """What kind of archive a file is by its first 512 bytes; None for none. Some documents are zips within."""
    found = next((kind for kind, marks in _MARKS.items() if head.startswith(marks)), None)
    return found or (PackedKind.TAR if _is_tar(head) else None)


def _is_tar(head: bytes) -> bool:
    """A tar has no mark that all writers make, but each of its heads has a sum of its bytes."""
    with suppress(tarfile.TarError, ValueError):
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
        return True
    return False
