"""One request to somebody else's address, against a real server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.outgoing.receiver import Receiver, Reply, receiving
from zzd.outgoing import AddressRefused, Client, OutgoingError, Unreachable
from zzd.outgoing.addresses import networks
from zzd.outgoing.client import LONGEST_ANSWER, AnswerTooLong

LOOPBACK = networks(["127.0.0.0/8"])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def test_a_request_carries_its_body_and_the_name_it_was_sent_to(receiver: Receiver) -> None:
    receiver.reply = lambda _received: Reply(201, b'{"toast": "x"}')
    client = Client(LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"])
    url = f"http://app.example.cn:{receiver.port}/hear?a=1"
    answer = client.post(url, "收到".encode(), {"webhook-id": "1"})
    assert (answer.status, answer.body) == (201, b'{"toast": "x"}')
    (got,) = receiver.received
    assert (got.path, got.body.decode()) == ("/hear?a=1", "收到")
    assert got.headers["host"] == f"app.example.cn:{receiver.port}"
    assert got.headers["webhook-id"] == "1"


def test_loopback_is_closed_unless_an_operator_opened_it(receiver: Receiver) -> None:
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(AddressRefused):
            Client().post(f"http://{host}:{receiver.port}/", b"", {})
        with pytest.raises(AddressRefused):
            Client().post(f"https://{host}:{receiver.port}/", b"", {})
    assert receiver.received == []


def test_a_name_that_changes_its_answer_is_asked_once_and_gone_to_as_checked(
    receiver: Receiver,
) -> None:
    """The first answer is good and the second leads inside: it is never asked for."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["203.0.113.1"] if len(asked) > 1 else ["127.0.0.1"]

    client = Client(LOOPBACK, resolve=resolve)
    assert client.post(f"http://app.example.cn:{receiver.port}/", b"", {}).status == 200
    assert asked == ["app.example.cn"]
    # And when it has changed by the next request, that one is refused.
    with pytest.raises(AddressRefused):
        client.post(f"http://app.example.cn:{receiver.port}/", b"", {})
    assert len(receiver.received) == 1


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    receiver.reply = lambda got: Reply(302, location=f"{receiver.url}/inside")
    assert Client(LOOPBACK).post(f"{receiver.url}/out", b"", {}).status == 302
    assert [got.path for got in receiver.received] == ["/out"]


def test_no_proxy_of_the_environment_is_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert Client(LOOPBACK).post(f"{receiver.url}/", b"", {}).status == 200


@pytest.mark.parametrize("reply", [Reply(after=30), Reply(body=b"x" * 100, slowly=0.3)])
def test_whoever_hangs_or_drips_is_left_in_time(receiver: Receiver, reply: Reply) -> None:
    receiver.reply = lambda _received: reply
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        Client(LOOPBACK, within=0.5).post(f"{receiver.url}/", b"", {})
    assert time.monotonic() - begun < 15


def test_whoever_begins_no_handshake_is_left_in_time() -> None:
    """It takes the connection, and then says nothing that TLS could begin with."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port, begun = silent.getsockname()[1], time.monotonic()
        with pytest.raises(Unreachable, match="in time"):
            Client(LOOPBACK, within=0.5).post(f"https://127.0.0.1:{port}/", b"", {})
    assert time.monotonic() - begun < 2


def test_an_endless_answer_is_not_read(receiver: Receiver) -> None:
    receiver.reply = lambda _received: Reply(body=b"x" * (LONGEST_ANSWER + 1))
    with pytest.raises(AnswerTooLong):
        Client(LOOPBACK).post(f"{receiver.url}/", b"", {})


def test_who_is_not_there_is_unreachable() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(Unreachable):
        Client(LOOPBACK).post("http://127.0.0.1:1/", b"", {})
    with pytest.raises(Unreachable):
        Client(LOOPBACK, resolve=unknown).post("http://app.example.cn/", b"", {})


def test_https_wants_a_certificate_of_the_name(receiver: Receiver) -> None:
    """A plain server where one with a certificate should be is nobody to talk to."""
    client = Client(LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(OutgoingError):
        client.post(f"https://app.example.cn:{receiver.port}/", b"", {})
    assert receiver.received == []
