"""The official socket.io client, from npm, talks to a real server."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import SqliteDatabase
from tests.organisation import PASSWORD
from tests.servers import ROOT, Person, ServerProcess, running_servers


class OfficialClient:
    """The program in node; what it says, in order."""

    def __init__(self, url: str, token: str) -> None:
        node = shutil.which("node")
        assert node, "node is not installed: script/test brings it"
        script = Path(__file__).with_name("official_client.mjs")
        self.process = subprocess.Popen(
            [node, script, ROOT / "web", url, token],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def order(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def says(self, what: str, *, name: str | None = None) -> dict[str, Any]:
        """The next thing of this kind that it says, within ten seconds."""
        while True:
            said = self._said.get(timeout=10)
            if said["what"] == what and name in (None, said.get("name")):
                return said

    def says_all(self, **expected: dict[str, Any]) -> None:
        """Says all of these, in any order, and nothing of the kind else."""
        while expected:
            said = self._said.get(timeout=10)
            if (wanted := expected.pop(said["what"], None)) is not None:
                assert wanted.items() <= said.items(), said

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._listening.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            pipe.close()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._said.put(json.loads(line))


@pytest.fixture
def official(server: ServerProcess, member: Person) -> Iterator[OfficialClient]:
    client = OfficialClient(server.url, member.token)
    yield client
    client.close()


def test_it_connects_moves_over_hears_is_answered_and_comes_back(
    official: OfficialClient, owner: Person, member: Person
) -> None:
    assert official.says("open")["transport"] == "polling"
    official.says_all(connect={}, upgrade={"transport": "websocket"})
    body = {"kind": "group", "name": "群", "official_ids": [member.id]}
    made = owner.post("/conversations", body)["id"]
    for text in ("一", "二", "三" * 10_000):
        owner.post(f"/conversations/{made}/messages", {"text": text[:2000]})
        heard = official.says("event", name="message.created")["event"]
        assert heard["data"]["text"] == text[:2000]
    official.order(f"read {made}")
    assert official.says("answer")["answer"] == {"ok": True}
    official.order("read 999999")
    assert official.says("answer")["answer"]["code"] == "not_found"
    # Its connection breaks, and it comes back into its rooms by itself.
    official.order("cut")
    official.says("disconnect")
    official.says("connect")
    owner.post(f"/conversations/{made}/messages", {"text": "四"})
    assert official.says("event", name="message.created")["event"]["data"]["text"] == "四"
    # Who is removed hears no more of it.
    owner._call("DELETE", f"/conversations/{made}/members/{member.id}", 204)
    official.says("event", name="conversation.removed")
    # Whose session ends is told, and not let in again.
    member._call("DELETE", "/sessions", 204)
    official.says("event", name="session.revoked")
    assert official.says("disconnect")["reason"] == "io server disconnect"


def test_it_is_told_why_it_may_not_connect(server: ServerProcess) -> None:
    client = OfficialClient(server.url, "wrong")
    try:
        assert client.says("connect_error")["data"]["code"] == "authentication_required"
    finally:
        client.close()


def test_a_server_that_stops_says_goodbye_and_clients_find_the_next(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    database.reset()
    with running_servers(1, database_url=database.url, redis_url=None, folder=tmp_path) as (
        server,
    ):
        person = Person(server.url, "331081.leader", PASSWORD)
        client = OfficialClient(server.url, person.token)
        try:
            client.says_all(connect={}, upgrade={"transport": "websocket"})
            server.stop()
            gone = client.says("disconnect")
            assert (gone["reason"], gone["code"]) == ("transport close", 1001)
            server.start()
            client.says("connect")
        finally:
            client.close()
            person.close()
