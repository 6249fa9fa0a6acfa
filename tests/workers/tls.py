"""TLS before servers whose builds know none of it."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import threading
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

#: Length of PostgreSQL's request for TLS, which is answered by one letter before anything is encrypted.
_SSL_REQUEST = 8


class TlsFront:
    """Listens on a port of 127.0.0.1, by TLS, for a server behind a port or a Unix socket.

    asked_first: clients ask in plain whether they may, as those of PostgreSQL do.
    """

    def __init__(
        self, behind: int | Path, certificate: Path, key: Path, *, asked_first: bool = False
    ) -> None:
        self._behind, self._asked_first = behind, asked_first
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        context = None if self._asked_first else self._context
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # What was aborted is closed by the loop's next turns.
        await asyncio.sleep(0.05)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            if self._asked_first:
                await reader.readexactly(_SSL_REQUEST)
                writer.write(b"S")
                await writer.start_tls(self._context)
            if isinstance(self._behind, int):
                source, target = await asyncio.open_connection("127.0.0.1", self._behind)
            else:
                source, target = await asyncio.open_unix_connection(self._behind)
            writers.append(target)
            await asyncio.gather(_pump(reader, target), _pump(source, writer))
        except (OSError, EOFError):
            # Who does not believe the certificate hangs up.
            pass
        finally:
            for one in writers:
                one.transport.abort()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(1 << 16):
            target.write(chunk)
            await target.drain()
    # Whoever is done is told to the other side, which then is too.
    target.close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Certificate of 127.0.0.1, which is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kind = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*kind))
    return certificate, private
