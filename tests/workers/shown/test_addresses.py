from __future__ import annotations

import pytest

from workers.shown.addresses import mask_url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:SECRET@host:5432/name",
        "postgresql://u:SEC/RET@host/name",
        "postgresql://u:SEC#RET@host/name",
        "postgresql://u:SEC?RET@host/name",
        "postgresql://u:SEC@RET@host/name",
        "postgresql://u:SECRET@[::1/name",
        "postgresql://u:SECRET@host:port/name",
        "postgresql://u@host/name?password=SECRET",
        "redis://:SECRET@host:6379/0",
        "redis+socket:///run/valkey.sock?password=SECRET",
        "s3://KEY:SECRET@bucket/prefix",
    ],
)
def test_no_password_is_shown(url):
    shown = mask_url(url)
    assert "SEC" not in shown
    assert "RET" not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "url", ["redis://host:6379/0", "s3://bucket/a@b", "/mnt/blobs", "postgresql://u@host/n"]
)
def test_what_holds_no_password_is_shown(url):
    assert mask_url(url) == url
