from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from contextlib import suppress

import httpx
import pytest

from tests.workers.api.receiver import Receiver
from workers.service.notices.addresses import AddressError, Target, check_url, is_public, post_json

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public(address):
    assert is_public(ipaddress.ip_address(address))


def test_the_connection_goes_to_the_checked_address_under_the_name():
    receiver = Receiver()
    try:
        port = receiver.server.server_port
        target = Target(httpx.URL(f"http://hooks.example:{port}/a?b=1"), "127.0.0.1")
        assert post_json(target, "{}", {}) == 204
        assert receiver.taken[0][1]["Host"] == f"hooks.example:{port}"
    finally:
        receiver.close()


def test_tls_asks_for_the_name_and_not_for_the_address():
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(ssl.SSLError):
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(AddressError, match=r"^hooks\.example: "):
            post_json(Target(httpx.URL(f"https://hooks.example:{port}/"), "127.0.0.1"), "{}", {})
        thread.join()
    assert asked == ["hooks.example"]


def test_a_name_that_does_not_resolve_is_told():
    with pytest.raises(AddressError, match="cannot be resolved"):
        check_url("https://nowhere.invalid/", private=False)


def test_a_name_in_another_script_is_looked_up_as_dns_knows_it():
    with pytest.raises(AddressError, match=r"xn--fsqu00a\.invalid cannot be resolved"):
        check_url("https://例子.invalid/", private=False)


@pytest.mark.issue(26)
@pytest.mark.parametrize(
    "address", ["192.0.0.8", "192.88.99.1", "64:ff9b:1::808:808", "100::1", "2001:2::1", "3fff::1", "5f00::1"]
)
def test_networks_of_special_purpose_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.issue(26)
@pytest.mark.parametrize("port", [22, 25, 6379, 5432, 9200])
def test_ports_of_other_services_are_refused(port):
    with pytest.raises(AddressError, match=f"port {port} is not one of 80, 443"):
        check_url(f"http://8.8.8.8:{port}/", private=False)
    assert check_url(f"http://8.8.8.8:{port}/", private=True).address == "8.8.8.8"
    assert check_url("https://8.8.8.8:8443/", private=False).address == "8.8.8.8"
