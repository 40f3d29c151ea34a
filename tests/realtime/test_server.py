"""The real server: gunicorn's gevent worker, two processes with Redis between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from flask import Flask

from tests.databases import redis_url
from tests.organisation import PASSWORD
from tests.servers import Person, ServerProcess, running_servers, wait_until
from zzd.db import database

OWNER, MEMBER = "331081.leader", "331081100.duty_officer"


@pytest.fixture
def servers(app: Flask, tmp_path: Path) -> Iterator[list[ServerProcess]]:
    """Two over PostgreSQL and Redis; over SQLite there is one, by itself."""
    alone = database().is_sqlite
    with running_servers(
        1 if alone else 2,
        database_url=app.extensions["zzd.settings"].database_url,
        redis_url=None if alone else redis_url(),
        folder=tmp_path,
    ) as started:
        yield started


@pytest.fixture
def people(servers: list[ServerProcess]) -> Iterator[tuple[Person, Person]]:
    """The owner at the first server, the member at the last, both listening."""
    found = Person(servers[0].url, OWNER, PASSWORD), Person(servers[-1].url, MEMBER, PASSWORD)
    for person in found:
        person.listen()
    yield found
    for person in found:
        person.close()


def test_a_day_at_two_servers(servers: list[ServerProcess], people: tuple[Person, Person]) -> None:
    owner, member = people
    made = owner.post(
        "/conversations", {"kind": "group", "name": "群", "official_ids": [member.id]}
    )
    path = f"/conversations/{made['id']}"
    member.wait_for("conversation.updated", 20)
    sent = owner.post(f"{path}/messages", {"text": "各位收到请回复"})
    assert member.wait_for("message.created", 20)["data"]["id"] == sent["id"]
    assert member.send_event("read", {"conversation_id": made["id"], "seq": 1}) == {"ok": True}
    assert owner.wait_for("receipt.updated", 20)["data"]["official_id"] == member.id

    # Handlers of one client run in the order of its packets, so the last one wins.
    for _ in range(20):
        owner.post(f"{path}/messages", {"text": "接龙"})
    events = [member.wait_for("message.created", 20)["data"]["seq"] for _ in range(20)]
    assert events == list(range(2, 22))

    # Many at once through greenlets: no gaps, nobody refused.
    def speak(person: Person) -> None:
        for _ in range(10):
            person.post(f"{path}/messages", {"text": "收到"})

    speakers = [threading.Thread(target=speak, args=[person]) for person in people * 4]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join(60)
    seqs = sorted(member.wait_for("message.created", 20)["data"]["seq"] for _ in range(80))
    assert seqs == list(range(22, 102))

    owner.http.request("DELETE", f"{owner.url}/api/v1{path}/members/{member.id}", timeout=20)
    member.wait_for("conversation.removed", 20)
    owner.post(f"{path}/messages", {"text": "不给你看"})
    owner.wait_for("message.created", 20, lambda data: data["seq"] == 102)
    time.sleep(0.3)
    assert [event["type"] for event in member.heard()] == []
    _refuses_other_origins(servers[0])
    _cuts_who_sends_too_much(owner, member)


def test_a_killed_process_loses_nothing_that_it_acknowledged(
    servers: list[ServerProcess], people: tuple[Person, Person]
) -> None:
    owner, member = people
    made = owner.post(
        "/conversations", {"kind": "group", "name": "群", "official_ids": [member.id]}
    )
    member.wait_for("conversation.updated", 20)
    path, acknowledged = f"/conversations/{made['id']}", 0
    killing = threading.Timer(1.0, servers[0].kill)
    killing.start()
    with suppress(requests.RequestException):
        while True:
            acknowledged = owner.post(f"{path}/messages", _numbered(acknowledged + 1))["seq"]
    killing.join()
    if len(servers) == 1:
        servers[0].start()
    # What was on its way is sent again under its own client_id, to whoever is alive.
    last = owner.http.post(
        f"{servers[-1].url}/api/v1{path}/messages", json=_numbered(acknowledged + 1), timeout=20
    )
    assert last.status_code in (200, 201)
    assert last.json()["seq"] == acknowledged + 1
    if len(servers) == 2:
        # The other process lived on, and pushes what the killed one left.
        heard: set[int] = set()

        def all_heard() -> bool:
            heard.update(e["data"]["seq"] for e in member.heard() if e["type"] == "message.created")
            return len(heard) == acknowledged + 1

        wait_until(all_heard, 30, f"all of {acknowledged + 1} messages are pushed")


def _numbered(seq: int) -> dict[str, str]:
    return {"text": f"第{seq}条", "client_id": f"n{seq}"}


def _refuses_other_origins(server: ServerProcess) -> None:
    for headers, status in (
        ({"Origin": "https://evil.example"}, 400),
        ({"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"}, 400),
        ({"Origin": server.url}, 200),
    ):
        address = f"{server.url}/socket.io/?EIO=4&transport=polling"
        assert requests.get(address, headers=headers, timeout=20).status_code == status, headers


def _cuts_who_sends_too_much(owner: Person, member: Person) -> None:
    assert member._socket is not None
    member._socket.emit("read", {"conversation_id": "1", "seq": 1, "more": "x" * 70_000})
    wait_until(lambda: not member._socket.connected, 20, "the server closes the connection")
    answer = owner.send_event("read", {"conversation_id": "999", "seq": 1})
    assert answer["code"] == "not_found"
