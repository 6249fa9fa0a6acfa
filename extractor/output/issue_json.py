"""Issues as a result JSON has them: the English sentence, and what it was made of where that is known."""

from __future__ import annotations

from typing import Any

from extractor.values.result import Issue
from extractor.wording.said import said_from_json, said_to_json


def issue_to_json(issue: Issue) -> dict[str, Any]:
    """The issue for JSON; `wording` is null for a sentence that nobody can word otherwise."""
    return {
        "code": issue.code,
        "message": str.__str__(issue.message),
        "page": issue.page_no,
        "wording": said_to_json(issue.message),
    }


def word_issue(issue: Issue, wording: object) -> Issue:
    """The issue with what its sentence was made of, as `issue_to_json` told it; None is not known.

    Raises:
        TypeError: it is no such JSON.
    """
    return Issue(issue.code, said_from_json(issue.message, wording), issue.page_no)
