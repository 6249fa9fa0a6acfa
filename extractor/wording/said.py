"""Sentences that know what they were made of, so that whoever shows one can word it in another language.

Errors and issues are raised and stored in English; a `Said` is that English text, with its key and parameters beside
it. It is a `str`: whoever only wants the text need not know.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import Any

from extractor.wording.catalogue import Language, fill, find_text

#: The errors of the system that are worded; others are told as the system tells them.
_SYSTEM = {
    errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENOSPC, errno.EROFS, errno.EIO,
    errno.ENAMETOOLONG, errno.EEXIST, errno.EMFILE, errno.ELOOP, errno.ECONNREFUSED, errno.ECONNRESET,
    errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH,
}  # fmt: skip
#: What parameters may be, from JSON as well; a `Said` is a text.
_Parameter = str | int | float | None


class Said(str):
    """An English sentence. key: its text in the catalogue. parameters: what was put into it."""

    key: str
    parameters: Mapping[str, _Parameter]

    def __new__(cls, text: str, key: str, parameters: Mapping[str, _Parameter]) -> Said:
        made = super().__new__(cls, text)
        made.key, made.parameters = key, parameters
        return made

    def __getnewargs__(self) -> tuple[str, str, Mapping[str, _Parameter]]:  # type: ignore[override]
        return str.__str__(self), self.key, self.parameters

    def __str__(self) -> str:
        # `str(error)` of an error is this of its message: it stays what it is.
        return self


def say(key: str, /, **parameters: object) -> Said:
    """The sentence of a key. Parameters that are neither text nor number are told as `str` tells them.

    Raises:
        KeyError: there is no such text, or it has other parameters.
    """
    text = find_text(key, Language.ENGLISH)
    if text is None:
        raise KeyError(key)
    plain = {name: _plain(value) for name, value in parameters.items()}
    return Said(fill(text, plain), key, plain)


def word(text: str, language: Language) -> str:
    """A text in a language: what was said is worded anew, any other stays as it is."""
    if not isinstance(text, Said) or language is Language.ENGLISH:
        return str.__str__(text)
    template = find_text(text.key, language)
    if template is None:
        return str.__str__(text)
    worded = {
        name: word(value, language) if isinstance(value, str) else value
        for name, value in text.parameters.items()
    }
    try:
        return fill(template, worded)
    except (KeyError, ValueError, IndexError):
        # From a result of another version, whose sentence had other parameters.
        return str.__str__(text)


def tell_os_error(error: OSError) -> str:
    """What the system says is wrong."""
    # Some say more than the system does.
    if error.errno in _SYSTEM and error.strerror == os.strerror(error.errno):
        return say(f"system.{errno.errorcode[error.errno]}")
    if error.errno is not None and error.strerror:
        return error.strerror
    return os.fsdecode(str(error)) or type(error).__name__


def said_to_json(text: str) -> dict[str, Any] | None:
    """Key and parameters of a sentence for JSON; None of any other text."""
    if not isinstance(text, Said):
        return None
    parameters = {
        name: said_to_json(value) or value if isinstance(value, str) else value
        for name, value in text.parameters.items()
    }
    return {"code": text.key, "parameters": parameters}


def said_from_json(text: str, told: object) -> str:
    """The text of `said_to_json`'s JSON, which knows what it was made of if that is known and still makes sense.

    Raises:
        TypeError: it is no such JSON.
    """
    if told is None:
        return text
    if not isinstance(told, Mapping) or not isinstance(told.get("code"), str):
        raise TypeError(f"{told!r} is neither null nor a code with parameters")
    parameters = told.get("parameters")
    if not isinstance(parameters, Mapping):
        raise TypeError(f"{parameters!r} are no parameters")
    return Said(text, told["code"], {str(name): _from_json(value) for name, value in parameters.items()})


def _from_json(value: object) -> _Parameter:
    if isinstance(value, Mapping):
        code, parameters = value.get("code"), value.get("parameters")
        if not isinstance(code, str) or not isinstance(parameters, Mapping):
            raise TypeError(f"{value!r} is no parameter of a sentence")
        inner = {str(name): _from_json(part) for name, part in parameters.items()}
        template = find_text(code, Language.ENGLISH)
        try:
            return Said(fill(template or code, inner), code, inner)
        except (KeyError, ValueError, IndexError):
            return code
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{value!r} is no parameter of a sentence")


def _plain(value: object) -> _Parameter:
    return value if value is None or isinstance(value, str | int | float) else str(value)
