"""The real command line in a real process, with the faulty pipeline in place of the real one."""

from __future__ import annotations

import functools
import sys

from tests.workers import faults
from workers.cli import run_cli
from workers.commands import run
from workers.settings import RunSettings

if __name__ == "__main__":
    run.RunSettings = functools.partial(RunSettings, extract=faults.extract)
    sys.exit(run_cli())
