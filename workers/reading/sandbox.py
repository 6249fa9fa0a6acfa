"""What the process that reads may not do: reach a network, start programs, take more than it was given.

Documents come from strangers, and are parsed by native code. Each guard stands by itself; one that a kernel does not
know is left out, and `guards` tells which stand.
"""

from __future__ import annotations

import ctypes
import math
import os
import platform
import resource
import struct
from pathlib import Path

from workers.reading.protocol import ReadLimits

#: Files open at once: a process that reads has 6 open (measured), and a copy that can be searched a few more.
_OPEN_FILES = 256
#: Bytes a document may always reserve: the runtimes reserve 1.5 GB over the first report they read, of which they
#: touch 0.5 (measured). Below, the supervisor's look at what is touched is the limit.
_LEAST_BYTES = 2 << 30
#: CPU seconds to a second of the wall clock: readers compute in one thread, beside which runtimes have helpers. It is
#: there for the case that nobody looks at the clock, which is the supervisor's.
_CPU_SHARE = 2
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC = 1, 1
_CLONE_THREAD = 0x10000
_PERMIT, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38
#: Calls by number on x86_64 and aarch64 (-1: there is none): network, programs, other processes, and doors to them.
_CALLS = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, -1), "vfork": (58, -1), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "io_uring_setup": (425, 425), "bpf": (321, 280), "perf_event_open": (298, 241), "keyctl": (250, 219),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "userfaultfd": (323, 282),
}  # fmt: skip
#: What a program that is not ours needs of these: it starts others, and has sockets of its own machine's kind, which
#: it may not connect.
_OF_PROGRAMS = {"execve", "execveat", "fork", "vfork", "socket", "socketpair", "bind", "listen"}
_AF_UNIX = 1
#: By machine: audit number, numbers of seccomp, clone and clone3, column of `_CALLS`.
_MACHINES = {"x86_64": (0xC000003E, 317, 56, 435, 0), "aarch64": (0xC00000B7, 277, 220, 435, 1)}


def enter() -> None:
    """Guards that have to stand before there is a second thread: no network, no core, few files.

    The kernel forgets the signal of a parent's death where a process gets a user namespace: ask for it afterwards.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    _leave_network()


def lock(file_bytes: int) -> None:
    """Guards that stand once everything is loaded: no file above a size, no sockets, no programs, no processes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    _filter_calls()


def lock_program(file_bytes: int, data_bytes: int, cpu_seconds: int) -> None:
    """Guards of a process that starts a program which is not ours, and of all that it starts.

    As `lock`, but for programs and processes; those it starts are numbered by themselves, where the kernel lets them,
    and end with the first of them. Memory and CPU time are those of each process.
    """
    ctypes.CDLL(None, use_errno=True).unshare(_NEWPID)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_DATA, (data_bytes, data_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    _filter_calls(is_program=True)


def allot(limits: ReadLimits) -> None:
    """Bounds the memory and the CPU time of the document that comes next.

    What counts is what the process may write to (RLIMIT_DATA); weights that are only mapped do not. What it holds by
    now counts against the limit: an allocation beyond it fails, as `MemoryError` or as the end of the process.
    """
    allowed = (limits.memory_mb << 20) - resident_bytes(os.getpid())
    most = _writable_bytes() + max(allowed, _LEAST_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + _CPU_SHARE * limits.document_timeout) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def resident_bytes(pid: int) -> int:
    """Memory that a process holds; none when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize()


def _writable_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0


def _leave_network() -> bool:
    """Moves to a network of its own that leads nowhere, where the kernel lets it.

    Without a user namespace where that is allowed: in one a superuser loses its way to other people's files. Some
    systems give a namespace and then no name in it, and nobody's files cannot be made: so another process goes first.
    """
    if ctypes.CDLL(None, use_errno=True).unshare(_NEWNET) == 0:
        return True
    scout = os.fork()
    if scout == 0:
        try:
            _enter_user_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(scout, 0)[1] != 0:
        return False
    try:
        _enter_user_namespace()
    except OSError:
        # Refused as a whole, for it has threads.
        return False
    return True


def _enter_user_namespace() -> None:
    """A network of its own as a superuser of nothing else; raises OSError where that is not allowed."""
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(_NEWUSER | _NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, told in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_text(told)


def _filter_calls(*, is_program: bool = False) -> bool:
    """Has the kernel refuse what no reading needs, in all threads and for good."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    program = _program(machine, is_program=is_program)
    kept = ctypes.create_string_buffer(program, len(program))
    told = struct.pack("@HP", len(program) // 8, ctypes.addressof(kept))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.syscall(machine[1], _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, told) == 0)


def _program(machine: tuple[int, int, int, int, int], *, is_program: bool) -> bytes:
    """The filter: refused calls by number, new processes but not new threads, anything of another architecture.

    is_program: it may start processes, and sockets are refused by their kind.
    """
    audit, _, clone, clone3, column = machine

    def code(operation: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("=HBBI", operation, yes, no, value)

    load, equal, above, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    steps = [code(load, 4), code(equal, audit, 1, 0), code(answer, _REFUSE), code(load, 0)]
    # On x86_64 these are the calls of x32, by which any other could be reached.
    steps += [code(above, 0x40000000, 0, 1), code(answer, _REFUSE)]
    for name, numbers in _CALLS.items():
        if numbers[column] >= 0 and not (is_program and name in _OF_PROGRAMS):
            steps += [code(equal, numbers[column], 0, 1), code(answer, _REFUSE)]
    # C libraries take clone where clone3 is not known, and of clone the flags can be seen.
    if is_program:
        steps += [code(equal, clone3, 0, 1), code(answer, _UNKNOWN)]
        steps += [
            code(equal, clone, 0, 3),
            code(load, 16),
            code(any_bit, _NEWUSER, 0, 5),
            code(answer, _REFUSE),
        ]
        steps += [code(equal, _CALLS["socket"][column], 0, 3), code(load, 16)]
        steps += [code(equal, _AF_UNIX, 1, 0), code(answer, _REFUSE)]
    else:
        steps += [code(equal, clone3, 0, 1), code(answer, _UNKNOWN), code(equal, clone, 0, 3)]
        steps += [code(load, 16), code(any_bit, _CLONE_THREAD, 1, 0), code(answer, _REFUSE)]
    return b"".join([*steps, code(answer, _PERMIT)])
