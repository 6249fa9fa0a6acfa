"""Processes that end with whoever started them."""

from __future__ import annotations

import ctypes
import os
import signal

#: prctl option: the signal the kernel sends to this process when its parent dies.
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Has the kernel kill this process when the thread that started it ends, however it ends."""
    die_with_whoever_started_it()
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def die_with_whoever_started_it() -> None:
    """As `die_with_parent`, in a process just forked, whose parent is there and may have no number here."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
