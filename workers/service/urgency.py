"""How urgent a job is: whether somebody sits and waits for it."""

from __future__ import annotations

from enum import StrEnum


class Urgency(StrEnum):
    """In the order in which they are read. INTERACTIVE: a person sent it. BULK: an archive did."""

    INTERACTIVE = "interactive"
    BULK = "bulk"
