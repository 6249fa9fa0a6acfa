"""Whether this installation can do its work: what was found, and what to do where it is not enough."""

from __future__ import annotations

import importlib
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement

from extractor import __version__
from extractor.scan.office import OfficeKind
from extractor.seams.errors import ExtractorError
from extractor.wording.said import say
from models.fast import DEFAULT_MODEL, RUNTIMES
from models.weights import locate, read_manifest
from workers.batch.foreign_archives import has_library
from workers.reading.office import ask_version, draw, find_program
from workers.reading.protocol import ReadLimits
from workers.shown.addresses import mask_url
from workers.shown.check import Check
from workers.shown.extras import (
    EXTRAS,
    core_requirements,
    find_missing,
    installed,
    say_install,
)

_PREFIX = "EXTRACTOR_"
_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY", re.IGNORECASE)
_MASK = "***"
#: A document of one word, and the seconds that LibreOffice may take over it: it takes two.
_SAMPLE, _PATIENCE = rb"{\rtf1 sample}", 60.0


def run_checks(environment: Mapping[str, str]) -> list[Check]:
    """Every check of the installation, in the order a reader wants them; `environment` is that of the process."""
    return [
        *_check_versions(),
        _check_opencv(),
        *_check_runtimes(),
        _check_office(),
        *_check_extras(),
        *_check_weights(),
        *_list_settings(environment),
    ]


def _check_versions() -> Iterator[Check]:
    yield Check("version", "extractor", __version__)
    supported = (3, 11) <= sys.version_info < (3, 15)
    remedy = say("messages.doctor.python")
    yield Check("version", "python", platform.python_version(), remedy, good=supported)
    for requirement in core_requirements():
        yield _check_requirement(requirement)


def _check_requirement(requirement: Requirement) -> Check:
    found = installed(requirement.name)
    # Quoted: a shell would take < and > for its own.
    remedy = say("messages.doctor.pip", what=f"'{requirement.name}{requirement.specifier}'")
    good = found is not None and requirement.specifier.contains(found, prereleases=True)
    told = found or say("messages.doctor.not_installed")
    return Check("version", requirement.name, told, remedy, good=good, needed=found is None)


def _check_extras() -> Iterator[Check]:
    """What each extra brings, and whether it is there."""
    for extra in EXTRAS:
        missing = find_missing(extra)
        told = say(f"messages.extras.{extra}")
        if missing:
            told = say("messages.extras.lacks", what=told, missing=", ".join(missing))
        yield Check("extra", extra, told, say_install(extra), good=not missing, needed=False)


def find_opencv() -> list[str]:
    """Names of the installed distributions that bring a `cv2`; two of them break each other."""
    found = set()
    for distribution in distributions():
        name = distribution.metadata["Name"] or ""
        if name.lower().replace("_", "-").startswith("opencv"):
            found.add(f"{name} {distribution.version}")
    return sorted(found)


def _check_opencv() -> Check:
    found, name = find_opencv(), say("messages.doctor.one_opencv")
    if len(found) != 1:
        shown = ", ".join(found) or say("messages.doctor.none")
        return Check("library", name, shown, say("messages.doctor.opencv"), good=False)
    try:
        importlib.import_module("cv2")
    except ImportError as error:
        return Check("library", name, str(error), "apt-get install libgl1 libglib2.0-0", good=False)
    return Check("library", name, found[0])


def _check_runtimes() -> Iterator[Check]:
    none = say("messages.doctor.none")
    found = ", ".join(name for name in RUNTIMES if installed(name))
    remedy = say("messages.doctor.pip", what=RUNTIMES[1])
    yield Check("library", say("messages.doctor.runtime"), found or none, remedy, good=bool(found))
    found = "libarchive" if has_library() else ""
    name, remedy = say("messages.doctor.archives"), say("messages.doctor.libarchive")
    yield Check("library", name, found or none, remedy, good=bool(found), needed=False)


def _check_office() -> Check:
    """Whether LibreOffice is there, and makes a PDF under the guards that documents of strangers need."""
    name = say("messages.doctor.office")
    program = find_program()
    if program is None:
        told, remedy = say("messages.doctor.none"), say("messages.doctor.libreoffice")
        return Check("library", name, told, remedy, good=False, needed=False)
    version = ask_version(program) or str(program)
    with tempfile.TemporaryDirectory() as folder:
        sample, target = Path(folder, "sample.rtf"), Path(folder, "sample.pdf")
        sample.write_bytes(_SAMPLE)
        failure = draw(sample, target, OfficeKind.RTF, program, ReadLimits(page_timeout=_PATIENCE))
    if failure is not None:
        remedy = say("messages.doctor.libreoffice_try", why=failure.message)
        return Check("library", name, version, remedy, good=False, needed=False)
    return Check("library", name, version)


def _check_weights() -> Iterator[Check]:
    for name, weights in read_manifest().items():
        needed = name == DEFAULT_MODEL
        try:
            path = locate(name)
        except ExtractorError as error:
            yield Check("weights", name, str(error), weights.remedy, good=False, needed=needed)
            continue
        yield Check("weights", name, f"{path} sha256 {weights.sha256[:16]} {weights.licence}")


def _list_settings(environment: Mapping[str, str]) -> Iterator[Check]:
    for name in sorted(environment):
        if name.startswith(_PREFIX):
            yield Check("setting", name, mask_secret(name, environment[name]))
    cpus = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    yield Check(
        "machine",
        say("messages.doctor.processors"),
        say("messages.doctor.machine", cpus=cpus, memory=memory),
    )


def mask_secret(name: str, value: str) -> str:
    """A setting's value as it may be shown: passwords and keys masked, also inside an address."""
    if _SECRET.search(name) and not Path(value).is_file():
        return _MASK
    return mask_url(value)
