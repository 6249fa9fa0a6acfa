"""Documents of offices and of the web become PDFs: LibreOffice makes them, in a process that may do nothing else.

`python -m workers.reading.office PARENT PROGRAM SOURCE KIND FOLDER DATA CPU` has the program write a PDF to FOLDER.
LibreOffice would load what a page links to, show any file that a document names, and run what it finds in it: it has
no network, finds no files but its own, runs no macros, and forgets everything, for its profile is thrown away.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from extractor.scan.office import OfficeKind, tell_office_kind
from extractor.wording.said import say
from workers.reading.apart import end_apart, start_apart
from workers.reading.explain import explain_delay
from workers.reading.landlock import restrict_files
from workers.reading.lifeline import die_with_parent, die_with_whoever_started_it
from workers.reading.protocol import Failure, How, Lack, ReadEnd, ReadLimits, ReadRequest

#: Names of the program, as distributions call it.
_PROGRAMS = ("soffice", "libreoffice")
#: What reads each kind: told beforehand, for LibreOffice has readers of a hundred more kinds, most of them old.
_READERS = {
    OfficeKind.DOCX: "MS Word 2007 XML",
    OfficeKind.DOC: "MS Word 97",
    OfficeKind.ODT: "writer8",
    OfficeKind.RTF: "Rich Text Format",
    # Not as a page of the web, of which the first page was lost in print.
    OfficeKind.HTML: "HTML (StarWriter)",
}
#: Seconds between two looks at the clock, and to ask for the version.
_TICK, _ASKING = 0.2, 20.0
#: Bytes of a file that the program writes.
_FILE_BYTES = 1 << 29
#: CPU seconds to a second of the wall clock: it computes in some threads.
_CPU_SHARE = 2
#: Exit codes after which the program is to be started again: it wants to with a profile that is new, and the one that
#: starts it could not.
_AGAIN = {81, 1}
#: The PDF in the folder of a request, and in that of the program.
_DRAWN, _MADE = "drawn.pdf", "document.pdf"
#: Code of a failure: the program ended without a PDF.
NOT_DRAWN = "not_converted"
#: What the program finds, beside its own folders: libraries, fonts and how they are set up, nobody's documents.
_READABLE = (
    "/usr", "/lib", "/lib64", "/bin", "/opt", "/snap", "/nix/store", "/gnu/store", "/etc/libreoffice",
    "/var/lib/libreoffice", "/var/spool/libreoffice", "/etc/fonts", "/var/cache/fontconfig", "/etc/ld.so.cache",
    "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime", "/etc/paperspecs",
    "/etc/papersize", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/dev/null",
    "/dev/zero", "/dev/random", "/dev/urandom",
)  # fmt: skip
_WRITABLE = ("/dev/null",)
#: Where the program makes a socket for its next call, whatever it is told, and what that is called but for the digest
#: of its profile's address; one that is killed leaves it behind.
_SOCKETS, _SOCKET = ("/tmp", "/var/tmp"), "OSL_PIPE_*SingleOfficeIPC_"
#: Rulings that a style sheet draws LibreOffice does not see (it knows little of CSS), and without them no header
#: names a column: of six reports in HTML all figures of two forms were in review, and up to 68 of them lost. With
#: them none is lost, and at most 21 of 200 are in review, where a row runs over two pages.
_TABLE = re.compile(rb"<table\b(?![^>]*\bborder\s*=)", re.IGNORECASE)
_SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Load", "UpdateDocMode", "0"),
    ("Office.Common/Misc", "FirstRun", "false"),
    ("Office.Common/Misc", "UseOpenCL", "false"),
    ("Office.Writer/Content/Update", "Link", "2"),
    ("Office.Recovery/RecoveryInfo", "Enabled", "false"),
)


def find_program() -> Path | None:
    """Where LibreOffice is on this machine; None where it is not."""
    return _find_program(os.environ.get("PATH", os.defpath))


@lru_cache(maxsize=8)
def _find_program(path: str) -> Path | None:
    found = next(filter(None, (shutil.which(name, path=path) for name in _PROGRAMS)), None)
    return Path(found) if found else None


def ask_version(program: Path) -> str:
    """What the program says it is; empty where it says nothing."""
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, timeout=_ASKING, check=False, text=True
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return " ".join(told.stdout.split()[:2])


def tell_kind_of(path: Path) -> OfficeKind | None:
    """What kind of document a file is; None for another kind of file, and for what cannot be opened."""
    try:
        with path.open("rb") as stream:
            return tell_office_kind(stream)
    except OSError:
        return None


def draw_request(
    request: ReadRequest, limits: ReadLimits, alive: Callable[[], bool]
) -> tuple[ReadRequest, ReadEnd | None]:
    """The request with the PDF that was made of its document, where it needs one; how it ended if that failed.

    What has been made in its folder before is not made again. Without LibreOffice it stays as it is, and whoever
    reads it says so.
    """
    kind = None if request.runs is not None else tell_kind_of(request.pdf)
    program = find_program()
    if kind is None or program is None:
        return request, None
    target = request.work / _DRAWN
    if not target.exists():
        began = time.monotonic()
        failure = draw(request.pdf, target, kind, program, limits, alive)
        if failure is not None:
            return request, ReadEnd(How.FAILED, failure, seconds=time.monotonic() - began)
        if not target.exists():
            return request, ReadEnd(How.STOPPED)
    return replace(request, drawn=target), None


def find_drawn(work: Path) -> Path | None:
    """The PDF that was made of the document read in a folder; None where there was no need."""
    path = work / _DRAWN
    return path if path.is_file() else None


def draw(
    source: Path,
    target: Path,
    kind: OfficeKind,
    program: Path,
    limits: ReadLimits,
    alive: Callable[[], bool] = lambda: True,
) -> Failure | None:
    """Makes a PDF of a document; why there is none, or None, also where nobody wants one any more.

    alive: asked now and then whether somebody does.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".office-") as folder:
        seconds = limits.page_timeout
        numbers = (str(limits.memory_mb << 20), str(math.ceil(_CPU_SHARE * seconds) + 1))
        told = (str(program), str(source.absolute()), kind.value, str(Path(folder).absolute()), *numbers)
        process = start_apart(__name__, *told, stdin=subprocess.DEVNULL)
        try:
            code = _wait(process, time.monotonic() + seconds, alive)
        finally:
            end_apart(process)
            _remove_socket(Path(folder))
        if not alive():
            return None
        if code is None:
            return explain_delay(say("documents.process.office"), seconds, Lack.PAGE_TIME)
        made = Path(folder, _MADE)
        if code != 0 or not made.is_file() or made.is_symlink():
            return Failure(NOT_DRAWN, say("documents.not_drawn", name=source.name, code=str(code)))
        made.replace(target)
    return None


def _wait(process: subprocess.Popen[bytes], until: float, alive: Callable[[], bool]) -> int | None:
    """The exit code of a process; None where it did not end in time, or nobody waits for it any more."""
    while alive() and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_TICK)
    return None


def _name_profile(folder: Path) -> str:
    """The address of the profile in a folder."""
    return (folder.absolute() / "profile").as_uri()


def _remove_socket(folder: Path) -> None:
    summed = hashlib.md5(_name_profile(folder).encode("utf-16-le"), usedforsecurity=False).digest()
    # It writes each byte without leading zeros.
    digest = "".join(f"{byte:x}" for byte in summed)
    for place in _SOCKETS:
        for left in Path(place).glob(f"{_SOCKET}{digest}"):
            with suppress(OSError):
                left.unlink()


def _write_profile(folder: Path) -> None:
    items = "".join(
        f'<item oor:path="/org.openoffice.{place}"><prop oor:name="{name}" oor:op="fuse" oor:finalized="true">'
        f"<value>{value}</value></prop></item>"
        for place, name, value in _SETTINGS
    )
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    names = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    user.joinpath("registrymodifications.xcu").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<oor:items {names}>{items}</oor:items>\n'
    )


def _make(program: Path, source: Path, kind: OfficeKind, folder: Path) -> int:
    """Runs the program on a copy of the document; its exit code."""
    content = source.read_bytes()
    if kind is OfficeKind.HTML:
        content = _TABLE.sub(rb'<table border="1"', content)
    # By its name the program would know it again: it is told nothing but the kind.
    copy = folder / f"document.{kind}"
    copy.write_bytes(content)
    _write_profile(folder)
    code = _run(program, kind, copy, folder)
    if code in _AGAIN and not (folder / _MADE).exists():
        _remove_socket(folder)
        code = _run(program, kind, copy, folder)
    return code


def _run(program: Path, kind: OfficeKind, copy: Path, folder: Path) -> int:
    own = {"HOME": str(folder), "TMPDIR": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"}
    readable = [*map(Path, _READABLE), program.resolve().parent]

    def confine() -> None:
        die_with_whoever_started_it()
        restrict_files(readable, [*map(Path, _WRITABLE), folder], map(Path, _SOCKETS))

    return subprocess.run(
        [
            _find_binary(program), f"-env:UserInstallation={_name_profile(folder)}", "--headless", "--norestore",
            "--nolockcheck", "--nodefault", f"--infilter={_READERS[kind]}", "--convert-to", "pdf:writer_pdf_Export",
            "--outdir", folder, copy,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**own, "SAL_USE_VCLPLUGIN": "svp", "SAL_DISABLE_OPENCL": "1"},
        check=False,
        preexec_fn=confine,
    ).returncode  # fmt: skip


def _find_binary(program: Path) -> Path:
    """The program itself, which the one that is called starts."""
    binary = program.resolve().with_name("soffice.bin")
    return binary if binary.is_file() else program


def _serve(parent: int, data: int, cpu: int, make: Callable[[], int]) -> int:
    from workers.reading import sandbox

    sandbox.enter()
    die_with_parent(parent)
    sandbox.lock_program(_FILE_BYTES, data, cpu)
    # In a numbering of its own the first process takes all others with it: it must outlive each start of the program.
    first = os.fork()
    if first == 0:
        die_with_whoever_started_it()
        os._exit(make())
    return os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])


if __name__ == "__main__":
    _, told_parent, *told, told_data, told_cpu = sys.argv
    to_make = partial(_make, Path(told[0]), Path(told[1]), OfficeKind(told[2]), Path(told[3]))
    sys.exit(_serve(int(told_parent), int(told_data), int(told_cpu), to_make))
