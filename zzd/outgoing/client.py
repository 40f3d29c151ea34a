"""One request to an address that somebody else named.

The name is resolved, what it stands for is checked, and the connection is made to the address
that was checked: a name that changes its answer changes nothing. Redirects are not followed, no
proxy of the environment is asked, and whatever the other side does ends after a time.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zzd.outgoing.addresses import Network, Target, choose, parse

# Seconds for the whole of it, and for each silence within.
WITHIN = 15.0
SILENCE = 10.0
LONGEST_ANSWER = 64 * 1024

# (host, port) to the addresses that the host stands for now. Raises OSError.
Resolve = Callable[[str, int], list[str]]


class OutgoingError(Exception):
    """What came of it is not known or is no answer."""


class Unreachable(OutgoingError):
    """No connection, no answer, or not in time."""


class AnswerTooLong(OutgoingError):
    """More than ``LONGEST_ANSWER`` bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` by their names in small letters; of several of a name the last."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def resolve_name(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class Client:
    """``allowed`` are networks that an operator opened although they are inside."""

    def __init__(
        self,
        allowed: Sequence[Network] = (),
        *,
        resolve: Resolve = resolve_name,
        within: float = WITHIN,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._within = within
        self._tls = tls or ssl.create_default_context()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raises AddressRefused, Unreachable, AnswerTooLong."""
        target = parse(url)
        try:
            found = (
                [str(target.literal)]
                if target.literal is not None
                else self._resolve(target.host, target.port)
            )
        except (OSError, UnicodeError) as error:
            raise Unreachable("the name is not known") from error
        address = str(choose(target, found, self._allowed))
        tls = self._tls if target.scheme == "https" else None
        return self._exchange(_Connection(target, address, tls), target, body, headers)

    def _exchange(
        self,
        connection: _Connection,
        target: Target,
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answer:
        ending = threading.Timer(self._within, connection.cut)
        ending.daemon = True
        ending.start()
        try:
            connection.request("POST", target.path, body, {**headers, "Connection": "close"})
            response = connection.getresponse()
            read = response.read(LONGEST_ANSWER + 1)
            if connection.was_cut:
                # What was read until then may be half of it.
                raise Unreachable("no answer in time")
        except (OSError, http.client.HTTPException) as error:
            said = "no answer in time" if connection.was_cut else type(error).__name__
            raise Unreachable(said) from error
        finally:
            ending.cancel()
            connection.close()
        if len(read) > LONGEST_ANSWER:
            raise AnswerTooLong
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, read, told)


class _Connection(http.client.HTTPConnection):
    """To an address that was checked, in the name of the host that stands for it."""

    def __init__(self, target: Target, address: str, tls: ssl.SSLContext | None) -> None:
        host = f"[{target.host}]" if ":" in target.host else target.host
        super().__init__(host, target.port, timeout=SILENCE)
        self.default_port = 443 if tls else 80
        self._address = address
        self._named = target.host
        self._tls = tls
        self._raw: socket.socket | None = None
        self.was_cut = False

    def connect(self) -> None:
        self._raw = socket.create_connection((self._address, self.port), SILENCE)
        self.sock: Any = self._raw
        if self._tls is not None:
            # The handshake is a step of its own, so that it, too, can be cut.
            tls = self._tls.wrap_socket(
                self._raw, server_hostname=self._named, do_handshake_on_connect=False
            )
            self.sock = self._raw = tls
            tls.do_handshake()
        if self.was_cut:
            raise TimeoutError

    def cut(self) -> None:
        """End it from outside, wherever it waits."""
        self.was_cut = True
        if self._raw is not None:
            try:
                self._raw.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
