"""Addresses as they may be shown: without what lets somebody in."""

from __future__ import annotations

_MASK = "***"


def mask_url(url: str) -> str:
    """The URL without its password and its query, whatever characters are in them; it need not be a sound URL."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    # A password may hold what ends it in a sound URL: the last @ is behind all of it.
    access, at, place = rest.rpartition("@")
    user, colon, _ = access.partition(":")
    place, question, _ = place.partition("?")
    password = f":{_MASK}" if colon else ""
    return f"{scheme}://{user}{password}{at}{place}" + (f"?{_MASK}" if question else "")
