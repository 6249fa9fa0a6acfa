"""The pages of commands in `docs` show what the program says."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.paths import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("language", "page"), [("en", "docs/commands.md"), ("zh", "docs/zh/commands.md")])
def test_the_page_of_commands_is_what_they_say(language, page):
    """`python -m tests.transcript zh > docs/zh/commands.md` makes it anew."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.transcript", language],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == (ROOT / page).read_text(encoding="utf-8")
