"""Processes of their own, in which alone strangers' files are opened: how one is started, with what, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

#: What keeps native libraries from starting threads of their own in a process that is the unit of parallel work.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
#: All that such a process is given of our environment, in which addresses and passwords of a service stand: what
#: Python and the loader of native libraries need to start, and where temporary files go.
KEPT_ENVIRONMENT = {
    "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "LIBARCHIVE", "PYTHONHOME", "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", *ONE_THREAD,
}  # fmt: skip


def start_apart(
    module: str,
    *arguments: str,
    stdin: int = subprocess.PIPE,
    stderr: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Runs a module with our process id and these arguments; what it says is read from its `stdout`.

    stdin, stderr: as `subprocess.Popen` takes them. settings: environment it has besides, weaker than ours.
    """
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT & os.environ.keys()}
    # Not from the folder we are in (-P), where a file may be called as one of our modules is. In a session of its
    # own, for Ctrl-C is for us alone.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, str(os.getpid()), *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**(settings or {}), **kept},
        start_new_session=True,
    )


def end_apart(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and whatever it started, and closes what leads to it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
