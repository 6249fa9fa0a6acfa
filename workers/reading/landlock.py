"""Which files a process may open, by Landlock: the kernel's own guard, for which nobody has to be a superuser.

A program that is not ours opens what a document names; what is not listed here is not there for it.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

#: Calls, of the same number on every processor.
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION, _RULE_PATH = 1, 1
_PR_SET_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE, _READ, _LIST, _MAKE_SOCKET = 1, 2, 4, 8, 1 << 9
#: Rights of the first version, by bits; those that came later are handled where the kernel knows them: to rename
#: across folders, to truncate, and to ask devices.
_FIRST, _LATER = (1 << 13) - 1, {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
#: What can be granted of a file that is no folder.
_OF_FILES = _EXECUTE | _WRITE | _READ | 1 << 14 | 1 << 15


def restrict_files(readable: Iterable[Path], writable: Iterable[Path], sockets: Iterable[Path] = ()) -> bool:
    """Leaves this process and those it starts the files below some paths, to read and run or to change, for good.

    sockets: folders in which sockets may be made, and nothing else. Paths that are not there are passed over. Whether
    the guard stands: not every kernel has it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, 0, _VERSION)
    if version < 1:
        return False
    handled = _FIRST | sum(right for since, right in _LATER.items() if since <= version)
    rules = libc.syscall(_CREATE, struct.pack("=Q", handled), 8, 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            _grant(libc, rules, path, handled & (_EXECUTE | _READ | _LIST))
        for path in writable:
            _grant(libc, rules, path, handled)
        for path in sockets:
            _grant(libc, rules, path, _MAKE_SOCKET)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _grant(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    with suppress(OSError):
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            allowed = rights if path.is_dir() else rights & _OF_FILES
            libc.syscall(_ADD, rules, _RULE_PATH, struct.pack("=Qi", allowed, opened), 0)
        finally:
            os.close(opened)
