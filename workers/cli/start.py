"""Entry point of the `extractor` command: importing the commands takes a moment, in which Ctrl-C is heeded too."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Exit code of a command that was interrupted; what else there is to know of them is not imported yet.
_INTERRUPTED = 130


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Has Ctrl-C end the process while something is imported.

    Nothing has been started that would have to be ended; and an exception would pass through what is imported, which
    may take it for a module that is not there, or be raised where Python itself drops it.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(_INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> None:
    """Runs the command line of this process and ends it."""
    try:
        with ending_at_once():
            from workers.cli.entry import run_cli
        code = run_cli()
    except KeyboardInterrupt:
        # Between the end of the imports and what the command line itself heeds.
        code = _INTERRUPTED
    sys.exit(code)
