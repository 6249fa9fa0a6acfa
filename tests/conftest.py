"""What all tests share: the fixtures folder, and the switch that makes recordings and golden files anew."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.wording.catalogue import Language
from tests.paths import ROOT
from workers.cli.help import speak_everywhere

#: Columns of what pytest prints.
_WIDTH = 250


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate",
        action="store_true",
        help="make the recordings in fixtures/recordings anew (needs the weights); review them as output",
    )


@pytest.fixture(scope="session")
def fixtures_folder() -> Path:
    return ROOT / "fixtures"


@pytest.fixture(scope="session")
def regenerate(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--regenerate"))


def pytest_configure() -> None:
    # A shell that starts the tests in the background has them ignore Ctrl-C, and what they start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionstart(session: pytest.Session) -> None:
    # The line that names what failed says why where it is wide enough for both; often no more is kept of a run.
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        writer = session.config.get_terminal_writer()
        writer.fullwidth = max(writer.fullwidth, _WIDTH)


@pytest.fixture(autouse=True)
def logs_end_with_their_test() -> Iterator[None]:
    """A command run within a test logs to the stderr of that test, which is closed for those that follow."""
    yield
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if type(handler) is logging.StreamHandler]:
        root.removeHandler(handler)


@pytest.fixture(autouse=True)
def languages_end_with_their_test() -> Iterator[None]:
    """A command run within a test speaks for the whole process, and for those that it starts."""
    yield
    if os.environ.get("LANGUAGE", Language.ENGLISH) != Language.ENGLISH:
        speak_everywhere(Language.ENGLISH)
