"""PDF files made on the spot: many pages, encrypted, cut short."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pypdfium2

#: Padding of passwords, from the PDF standard (ISO 32000-1, algorithm 2).
_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def write_blank(path: Path, *, pages: int, size: tuple[float, float] = (595, 842)) -> Path:
    """A PDF of empty pages; `size` is their width and height in points."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(*size).close()
    document.save(path)
    document.close()
    return path


def write_truncated(path: Path) -> Path:
    """The first third of a PDF, as a broken download leaves it."""
    write_blank(path, pages=3)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    return path


def write_encrypted(path: Path, *, password: str) -> Path:
    """An empty page behind a user password (standard security handler, revision 2, 40-bit RC4)."""
    permissions, document_id = -44, b"0123456789abcdef"
    padded = (password.encode("latin-1") + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
    key = hashlib.md5(padded + owner + permissions.to_bytes(4, "little", signed=True) + document_id).digest()
    user = _rc4(key[:5], _PADDING)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P %d>>"
        % (owner.hex().encode(), user.hex().encode(), permissions),
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<%s><%s>]>>" % ((document_id.hex().encode(),) * 2)
    tail = b"xref\n0 5\n0000000000 65535 f \n%strailer\n%s\nstartxref\n%d\n%%%%EOF\n"
    path.write_bytes(body + tail % (table, trailer, len(body)))
    return path


def _rc4(key: bytes, data: bytes) -> bytes:
    state, swap = list(range(256)), 0
    for index in range(256):
        swap = (swap + state[index] + key[index % len(key)]) % 256
        state[index], state[swap] = state[swap], state[index]
    first = second = 0
    output = bytearray()
    for byte in data:
        first = (first + 1) % 256
        second = (second + state[first]) % 256
        state[first], state[second] = state[second], state[first]
        output.append(byte ^ state[(state[first] + state[second]) % 256])
    return bytes(output)
