"""Engine.IO and Socket.IO as a real server speaks them, to clients that are right and wrong."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.realtime.wires import RawSocket, masked
from tests.servers import Person, ServerProcess
from zzd.realtime import frames

LIMIT = 64 * 1024


class Polling:
    """A client of the polling transport."""

    def __init__(self, server: ServerProcess) -> None:
        self.url = f"{server.url}/socket.io/?EIO=4&transport=polling"
        self.opening = json.loads(requests.get(self.url, timeout=10).text[1:])
        self.url += f"&sid={self.opening['sid']}"

    def poll(self, timeout: float = 10) -> requests.Response:
        return requests.get(self.url, timeout=timeout)

    @contextmanager
    def polling(self) -> Iterator[HTTPConnection]:
        """A poll that is out: the server has been asked before whatever is asked within."""
        place = urlsplit(self.url)
        asking = HTTPConnection(place.netloc, timeout=20)
        asking.request("GET", f"{place.path}?{place.query}")
        try:
            yield asking
        finally:
            asking.close()

    def post(self, body: bytes | str, **headers: str) -> requests.Response:
        data = body.encode() if isinstance(body, str) else body
        return requests.post(self.url, data=data, headers=headers, timeout=10)

    def join(self, token: str) -> None:
        assert self.post("40" + json.dumps({"token": token})).status_code == 200
        assert self.poll().text.startswith("40")


def problem(response: requests.Response) -> tuple[int, int]:
    return response.status_code, response.json()["code"]


def test_a_body_over_the_limit_is_refused_and_harms_nothing(
    server: ServerProcess, member: Person
) -> None:
    client = Polling(server)
    client.join(member.token)
    for body in ("4" + "x" * LIMIT, "4" + "x" * (LIMIT * 20)):
        refused = client.post(body)
        assert problem(refused) == (413, 3)
        assert str(LIMIT) in refused.json()["message"]
    chunks = (b"x" * 8192 for _ in range(20))
    assert requests.post(client.url, data=chunks, timeout=10).status_code == 413
    assert client.post("421" + json.dumps(["read", {}])).status_code == 200
    assert client.poll().text.startswith("431")


@pytest.mark.parametrize(
    "body",
    [
        *("", "9", "x", "2", "0", "7{}", "bAAAA", "4", "4x", "49", "42", "42{}", "42[]", "42[{}]"),
        *("42[", "40[", "451-[]", "46", "41" + "\x1e" + "9", "\x1e", "3\x1e" * 16 + "3"),
        "42" + "[" * 2000,
        "42" + "1" * 5000,
        "40/other,{",
        b"\xff\xfe",
        b"4\x00",
    ],
)
def test_what_is_malformed_is_answered_and_ends_the_session(
    server: ServerProcess, member: Person, body: bytes | str
) -> None:
    client = Polling(server)
    client.join(member.token)
    assert problem(client.post(body)) == (400, 3)
    assert problem(client.poll()) == (400, 1)
    assert problem(client.post("3")) == (400, 1)


@pytest.mark.parametrize(
    ("method", "query", "status", "code"),
    [
        ("GET", "EIO=4&transport=polling&sid=unknown", 400, 1),
        ("POST", "EIO=4&transport=polling&sid=unknown", 400, 1),
        ("GET", "EIO=4&transport=websocket&sid=unknown", 400, 1),
        ("GET", "EIO=4&transport=carrier-pigeon", 400, 0),
        ("GET", "EIO=4&transport=polling&j=0", 400, 0),
        ("GET", "EIO=4&transport=websocket", 400, 3),
        ("GET", "EIO=3&transport=polling", 400, 5),
        ("GET", "EIO=4", 400, 0),
        ("GET", "transport=polling", 400, 5),
        ("POST", "EIO=4&transport=polling", 400, 2),
        ("PUT", "EIO=4&transport=polling", 400, 2),
    ],
)
def test_requests_that_mean_nothing_get_the_errors_of_the_protocol(
    server: ServerProcess, method: str, query: str, status: int, code: int
) -> None:
    answer = requests.request(method, f"{server.url}/socket.io/?{query}", timeout=10)
    assert problem(answer) == (status, code)


def test_another_origin_is_refused_and_ours_may_read_the_errors(server: ServerProcess) -> None:
    address = f"{server.url}/socket.io/?EIO=4&transport=polling&sid=unknown"
    evil = requests.get(address, headers={"Origin": "https://evil.example"}, timeout=10)
    assert problem(evil) == (400, 4)
    assert "Access-Control-Allow-Origin" not in evil.headers
    ours = requests.get(address, headers={"Origin": server.url}, timeout=10)
    assert ours.headers["Access-Control-Allow-Origin"] == server.url
    asked = requests.options(address, headers={"Origin": server.url}, timeout=10)
    assert (asked.status_code, "POST" in asked.headers["Access-Control-Allow-Methods"]) == (
        200,
        True,
    )


def test_polling_moves_over_to_a_websocket_without_losing_anything(
    server: ServerProcess, owner: Person, member: Person
) -> None:
    client = Polling(server)
    assert client.opening["upgrades"] == ["websocket"]
    client.join(member.token)
    body = {"kind": "group", "name": "群", "official_ids": [member.id]}
    path = f"/conversations/{owner.post('/conversations', body)['id']}/messages"
    owner.post(path, {"text": "一"})
    with RawSocket(
        server.port, f"/socket.io/?EIO=4&transport=websocket&sid={client.opening['sid']}"
    ) as moved:
        moved.send("2probe")
        assert moved.text() == "3probe"
        owner.post(path, {"text": "二"})
        moved.send("5")
        owner.post(path, {"text": "三"})
        created = []
        while len(created) < 3:
            event = moved.event()
            if event["type"] == "message.created":
                created.append(event["data"]["text"])
        assert created == ["一", "二", "三"]
        assert problem(client.poll()) == (400, 3)
        assert problem(client.post("3")) == (400, 3)
    assert problem(client.poll()) == (400, 1)


def test_a_poll_that_is_out_during_the_upgrade_is_answered_and_ends_nothing(
    server: ServerProcess, member: Person
) -> None:
    client = Polling(server)
    client.join(member.token)
    with client.polling() as polling:
        path = f"/socket.io/?EIO=4&transport=websocket&sid={client.opening['sid']}"
        with RawSocket(server.port, path) as moved:
            # Both at once, as a client that does not wait for the answer.
            probe, upgrade = masked(frames.TEXT, b"2probe"), masked(frames.TEXT, b"5")
            moved.socket.sendall(probe + upgrade)
            assert moved.text() == "3probe"
            assert polling.getresponse().read() == b"6"
            moved.send("421" + json.dumps(["read", {}]))
            assert moved.text().startswith("431")


def test_two_polls_at_once_end_the_session(server: ServerProcess, member: Person) -> None:
    client = Polling(server)
    client.join(member.token)
    with client.polling() as first:
        assert problem(client.poll()) == (400, 3)
        assert first.getresponse().read() == b"1"
    assert problem(client.poll()) == (400, 1)


def test_an_upgrade_that_is_given_up_leaves_polling_as_it_was(
    server: ServerProcess, member: Person
) -> None:
    client = Polling(server)
    client.join(member.token)
    path = f"/socket.io/?EIO=4&transport=websocket&sid={client.opening['sid']}"
    for wrong in ("2", "4x", "5"):
        with RawSocket(server.port, path) as given_up:
            given_up.send(wrong)
            assert given_up.frame() == (frames.CLOSE, struct.pack("!H", 1000))
    assert client.post("421" + json.dumps(["read", {}])).status_code == 200
    assert client.poll().text.startswith("431")


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (masked(frames.TEXT, b"9"), 1008),
        (masked(frames.TEXT, b""), 1008),
        (masked(frames.TEXT, b"42{}"), 1008),
        (masked(frames.TEXT, b'451-["x"]'), 1008),
        (masked(frames.BINARY, b"\x04binary"), 1003),
        (masked(frames.TEXT, b"\xff"), 1007),
        (masked(frames.TEXT, b"4" * (LIMIT + 1)), 1009),
        (masked(frames.TEXT, b"3", first=0xC1), 1002),
        (b"\x81\x013", 1002),
    ],
    ids=[
        *("no such packet", "empty", "an event without a name", "binary event", "binary"),
        *("not UTF-8", "too long", "a bit that is reserved", "not masked"),
    ],
)
def test_a_client_that_breaks_the_protocol_is_closed_with_the_code_for_it(
    server: ServerProcess, member: Person, wire: bytes, code: int
) -> None:
    with RawSocket(server.port) as wrong:
        wrong.join(member.token)
        wrong.socket.sendall(wire)
        said = wrong.closed_with()
        assert said is not None
        assert said[0] == code


def test_the_closing_handshake_is_answered(server: ServerProcess, member: Person) -> None:
    with RawSocket(server.port) as polite:
        polite.join(member.token)
        polite.socket.sendall(masked(frames.PING, b"there?"))
        assert polite.frame() == (frames.PONG, b"there?")
        polite.socket.sendall(masked(frames.CLOSE, struct.pack("!H", 4321) + b"bye"))
        assert polite.closed_with() == (4321, "")


def test_compression_is_never_agreed_to(server: ServerProcess) -> None:
    """Nothing is inflated for anybody: neither offered back, nor taken where a client goes ahead."""
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    with RawSocket(server.port, headers=offer) as raw:
        assert "sec-websocket-extensions" not in raw.head.lower()
        raw.frame()
        raw.socket.sendall(masked(frames.TEXT, b"2probe", first=0xC1))
        opcode, said = raw.frame() or (0, b"")
        assert (opcode, said[:2]) == (frames.CLOSE, (1002).to_bytes(2))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-WebSocket-Version": "8"},
        {"Sec-WebSocket-Key": "short"},
        {"Sec-WebSocket-Key": "!" * 24},
        {"Connection": "close"},
    ],
)
def test_a_bad_handshake_is_refused(server: ServerProcess, headers: dict[str, str]) -> None:
    good = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    address = f"{server.url}/socket.io/?EIO=4&transport=websocket"
    assert problem(requests.get(address, headers={**good, **headers}, timeout=10)) == (400, 3)


def test_whoever_is_not_signed_in_is_told_so(server: ServerProcess) -> None:
    with RawSocket(server.port) as nobody:
        nobody.text()
        nobody.send('40{"token":"wrong"}')
        answer: Any = json.loads(nobody.text()[2:])
        assert answer["data"]["code"] == "authentication_required"


def test_a_namespace_that_is_not_there_is_refused_in_words_that_clients_read(
    server: ServerProcess, member: Person
) -> None:
    with RawSocket(server.port) as client:
        client.text()
        client.send('40/random,{"token":"x"}')
        assert client.text() == '44/random,{"message":"Invalid namespace"}'
        client.send("40" + json.dumps({"token": member.token}))
        assert client.text().startswith('40{"sid"')
        client.send("40" + json.dumps({"token": member.token}))
        assert client.text() == '44{"message":"Already connected"}'


def test_none_of_this_was_an_error_of_the_server(log_of_server: Path) -> None:
    text = log_of_server.read_text()
    assert "Traceback" not in text, text[-4000:]
