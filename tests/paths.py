"""Where the project's files lie, for every test alike."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
