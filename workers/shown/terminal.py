"""Text of documents and file names as it may be shown: nothing in it commands the terminal or breaks the line."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text in one line; what is no visible character is told by its code, as escape is by x1b."""
    return "".join(sign if sign.isprintable() else _code(sign) for sign in text)


def _code(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
