"""Where the service may send something on its own: never into the network it stands in, unless told so.

A name is resolved once, all its addresses are judged, and the connection is made to an address that was judged:
a name server that answers differently the second time changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from extractor.seams.errors import ExtractorError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: IPv6 addresses that a translator turns into the IPv4 address in their last four bytes.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: Networks of special purpose that older versions of Python take for public.
_SPECIAL = tuple(map(ipaddress.ip_network, (
    "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100::/64", "2001::/23", "3fff::/20", "5f00::/16",
)))  # fmt: skip
#: Ports of the public internet to which notices go; on others there are services that take HTTP for something else.
_PORTS = (80, 443, 8080, 8443)
#: Seconds for connecting, and for each wait for an answer.
_TIMEOUT = 10.0


class AddressError(ExtractorError):
    """Nothing may be sent to that address, or it is none."""

    code = "address"


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be sent to. address: one of its host's, checked."""

    url: httpx.URL
    address: str


def check_url(url: str, *, private: bool) -> Target:
    """Judges where a URL leads; `private` allows addresses that are not of the public internet.

    Raises:
        AddressError: it is no http(s) URL, cannot be resolved, or one of its addresses is not allowed.
    """
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise AddressError(f"this is not a URL: {error}") from error
    if parsed.scheme not in {"http", "https"} or not host:
        raise AddressError("only http:// and https:// URLs with a host can be used")
    if parsed.userinfo:
        raise AddressError("a user name or password in a URL is not accepted")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    addresses = _resolve(host, port)
    for address in addresses:
        if not private and not is_public(address):
            raise AddressError(f"{host} leads to {address}, which is not an address of the public internet")
    if not private and port not in _PORTS:
        raise AddressError(f"port {port} is not one of {', '.join(map(str, _PORTS))}")
    return Target(parsed, str(addresses[0]))


def is_public(address: _Address) -> bool:
    """Whether it is one host of the public internet, also seen through the ways IPv6 has to wrap IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_site_local or address.teredo is not None:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    is_special = any(address in network for network in _SPECIAL)
    return (not is_special and address.is_global) and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def post_json(target: Target, body: str, headers: Mapping[str, str]) -> int:
    """Sends a body to the checked address, under the name in the URL; the status of the answer.

    Redirects are not followed and nothing of the answer's body is kept.

    Raises:
        AddressError: nobody answered; the message says why.
    """
    host = target.url.raw_host.decode("ascii")
    url = target.url.copy_with(host=target.address)
    named = {"Host": target.url.netloc.decode("ascii"), "Content-Type": "application/json", **headers}
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                url,
                content=body.encode(),
                headers=named,
                extensions={"sni_hostname": host},
            ) as answer,
        ):
            return answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise AddressError(f"{host}: {str(error) or type(error).__name__}") from error


def _resolve(host: str, port: int) -> list[_Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"{host} cannot be resolved: {error}") from error
    # A zone ("%eth0") belongs to link-local addresses only, and is no part of the address.
    numbers = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ipaddress.ip_address(number) for number in numbers]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
