"""The real command line in a real process, with the faulty pipeline in place of the real one."""

from __future__ import annotations

import functools
import sys

from workers.batch.settings import RunSettings
from workers.cli.commands import run
from workers.cli.entry import run_cli
from workers.reading import apart

if __name__ == "__main__":
    # Whatever a command leaves behind is found by its mark.
    apart.KEPT_ENVIRONMENT.add("COMMAND_UNDER_TEST")
    run.RunSettings = functools.partial(RunSettings, reader_module="tests.workers.faults")
    sys.exit(run_cli())
