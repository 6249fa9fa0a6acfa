from __future__ import annotations

import subprocess
import sys

from tests.paths import ROOT


def test_texts_are_found_whatever_is_imported_first():
    """It was a KeyError where nothing had imported `workers.shown.speech` yet."""
    code = "from workers.shown.ages import parse_age; parse_age('old')"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.stderr.splitlines()[-1].endswith("UsageError: 'old' is no age: write 90d, 12h or 30m")
