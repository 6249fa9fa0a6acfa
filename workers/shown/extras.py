"""What is installed only when asked for, by extras of the distribution: told where something of one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from extractor.wording.said import Said, say

DISTRIBUTION = "gio-extractor"
#: Extras that bring something to who uses the program, and not to who works on it; each is worded in the catalogue.
EXTRAS = ("serve", "dataset", "openvino", "fit", "plot", "frame", "s3", "ppocrv5", "paddle")
#: Modules that are not called as what brings them.
_NAMES = {
    "ruamel": "ruamel-yaml",
    "sklearn": "scikit-learn",
    "starlette": "fastapi",
    "kombu": "celery",
    "pydantic": "pydantic-settings",
}


def core_requirements() -> list[Requirement]:
    """What the program cannot do without; empty where it is not installed as a distribution."""
    return [one for one in _requirements() if _holds(one.marker, "")]


def extra_requirements(extra: str) -> list[Requirement]:
    """What an extra brings."""
    told = [one for one in _requirements() if not _holds(one.marker, "") and _holds(one.marker, extra)]
    return [one for one in told if canonicalize_name(one.name) != DISTRIBUTION]


def find_missing(extra: str) -> list[str]:
    """Names of what an extra brings and is not installed."""
    return [one.name for one in extra_requirements(extra) if installed(one.name) is None]


def installed(name: str) -> str | None:
    """The version of a distribution that is installed; None where it is not."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def say_missing(error: ImportError) -> Said | None:
    """Which extra brings a module that is not there; None where none does."""
    module = (error.name or "").partition(".")[0]
    name = canonicalize_name(_NAMES.get(module, module))
    for extra in EXTRAS:
        if any(canonicalize_name(one.name) == name for one in extra_requirements(extra)):
            return say("messages.extras.missing", module=module, command=say_install(extra))
    return None


def say_install(extra: str) -> str:
    """The command that installs an extra."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"


def _requirements() -> Iterator[Requirement]:
    try:
        told = distribution(DISTRIBUTION).requires or []
    except PackageNotFoundError:
        return
    yield from map(Requirement, told)


def _holds(marker: Marker | None, extra: str) -> bool:
    return marker is None or marker.evaluate({"extra": extra})
