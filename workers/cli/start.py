"""Entry point of the `extractor` command: importing the commands takes a moment, in which Ctrl-C is heeded too."""

from __future__ import annotations

import os
import signal
import sys

#: Exit code of a command that was interrupted; what else there is to know of them is not imported yet.
_INTERRUPTED = 130


def main() -> None:
    """Runs the command line of this process and ends it."""
    heeds = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeds:
        # Nothing has been started that would have to be ended, and an exception would pass through what is imported.
        signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(_INTERRUPTED))
    from workers.cli.entry import run_cli

    if heeds:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run_cli())
