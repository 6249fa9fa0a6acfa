from __future__ import annotations

import pytest

from extractor.seams.errors import UsageError
from extractor.wording.catalogue import Language
from extractor.wording.said import word
from workers.service.running.supervisor import _to_environment
from workers.service.settings import read_settings


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("BROKER_URL", "redis://u:SECRET@host:port/0", "cannot be understood"),
        ("BROKER_URL", "redis://u:SEC/RET@host/0", "cannot be understood"),
        ("BROKER_URL", "redis://u:12/SECRET@host/0", "cannot be understood"),
        ("BROKER_URL", "redis://u:SECRET@[::1/0", "cannot be understood"),
        ("BROKER_URL", "amqp://u:SECRET@host", "not a URL like redis://"),
        ("BROKER_URL", "memory://", "not a URL like redis://"),
        ("BROKER_URL", "SECRET", "not a URL like redis://"),
        ("DATABASE_URL", "SECRET", "not a URL like postgresql://"),
        ("FORMS", "mine.yaml", "there is no mine.yaml"),
        ("FORMS", "[mine.yaml", "JSON list"),
        ("SECOND_ENGINE", "nonsense", "no engine named"),
        ("HEARTBEAT", "61", "EXTRACTOR_LEASE"),
    ],
)
def test_what_cannot_be_used_is_told_without_its_secrets(monkeypatch, name, value, told):
    monkeypatch.setenv(f"EXTRACTOR_{name}", value)
    with pytest.raises(UsageError, match=told) as refused:
        read_settings()
    assert f"EXTRACTOR_{name}" in str(refused.value)
    assert "SEC" not in str(refused.value).replace("SECOND_ENGINE", "")
    assert "RET" not in str(refused.value)


def test_what_cannot_be_used_is_told_in_chinese(monkeypatch):
    monkeypatch.setenv("EXTRACTOR_BROKER_URL", "memory://")
    monkeypatch.setenv("EXTRACTOR_KEEP", "old")
    with pytest.raises(UsageError) as refused:
        read_settings()
    assert word(str(refused.value), Language.CHINESE) == (
        "EXTRACTOR_BROKER_URL：不是像 redis://host:6379/0, rediss://… 那样的地址；"
        "EXTRACTOR_KEEP：“old”不是时长：请写作 90d、12h 或 30m"
    )


@pytest.mark.parametrize("given", [{}, {"error_budget": 2.5, "calibration": "card.json", "rate": 7}])
def test_a_process_reads_the_settings_its_supervisor_has(monkeypatch, given):
    settings = read_settings(**given)
    for name, value in _to_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert read_settings() == settings
