"""Redis dies or hangs under load: nothing acknowledged is lost, doubled or late."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import pairwise

import pytest
import requests

from tests.faults.conftest import RedisServer
from tests.faults.load import Screen, Sender
from tests.organisation import PASSWORD
from tests.servers import Person, ServerProcess, wait_until

OWNER, MEMBER, OTHER = "331081.leader", "331081100.duty_officer", "331081100.leader"
OUTAGE = 30.0
# All is pushed so long after the fault ends, and a lost right ends within that.
PUSHED_WITHIN, ENDED_WITHIN = 10.0, 5.0
INTERVAL, NO_PAUSE_OVER = 0.05, 5.0
MESSAGE = "message.created"


@pytest.fixture
def people(servers: list[ServerProcess]) -> Iterator[list[Person]]:
    """The owner and a member at the first server, another member at the second; all listen."""
    with ExitStack() as stack:
        found = [
            stack.enter_context(closing(Person(server.url, name, PASSWORD)))
            for server, name in zip(
                (servers[0], servers[0], servers[1]), (OWNER, OTHER, MEMBER), strict=True
            )
        ]
        for person in found:
            person.listen()
        yield found


@pytest.fixture
def group(people: list[Person]) -> str:
    """The path of a group of them all."""
    body = {"kind": "group", "name": "群", "official_ids": [person.id for person in people[1:]]}
    made = people[0].post("/conversations", body)
    for person in people:
        person.wait_for("conversation.updated", 5)
    return f"/conversations/{made['id']}"


def ready(server: ServerProcess) -> bool:
    return requests.get(f"{server.url}/readyz", timeout=10).status_code == 200


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", ["dies", "hangs"])
def test_redis_is_away_for_30_s_under_load(
    servers: list[ServerProcess],
    people: list[Person],
    group: str,
    redis_server: RedisServer,
    fault: str,
) -> None:
    screens = [Screen(person) for person in people]
    senders = [Sender(person, group, INTERVAL) for person in (people[0], people[2])]
    try:
        time.sleep(3)
        before = time.monotonic()
        (redis_server.stop if fault == "dies" else redis_server.hang)()
        for server in servers:
            wait_until(lambda server=server: not ready(server), 10, "health turns red")
        time.sleep(OUTAGE - (time.monotonic() - before))
        back = redis_server.start() if fault == "dies" else redis_server.go_on()
        time.sleep(5)
    finally:
        for sender in senders:
            sender.stop()
    stopped = time.monotonic()
    assert [sender.refused for sender in senders] == [[], []]
    acknowledged = {seq: at for sender in senders for seq, at in sender.acknowledged.items()}
    # No gap among what was acknowledged, which went on all the while.
    assert sorted(acknowledged) == list(range(1, len(acknowledged) + 1))
    meanwhile = {seq for seq, at in acknowledged.items() if before < at < back}
    times = [before, *sorted(acknowledged[seq] for seq in meanwhile), back]
    assert max(later - earlier for earlier, later in pairwise(times)) < NO_PAUSE_OVER
    for screen in screens:
        screen.wait_for(set(acknowledged), PUSHED_WITHIN - (time.monotonic() - stopped))
        assert screen.twice == []
        assert max(screen.seen[seq] for seq in meanwhile) < back + PUSHED_WITHIN
        assert max(screen.seen.values()) < stopped + PUSHED_WITHIN
        assert screen.told_to_resync >= 1
    for server in servers:
        wait_until(lambda server=server: ready(server), 10, "health is green again")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("away", [0.0, 8.0], ids=["redis is there", "redis was away"])
def test_who_loses_a_right_hears_nothing_more_on_any_process(
    servers: list[ServerProcess],
    people: list[Person],
    group: str,
    redis_server: RedisServer,
    away: float,
) -> None:
    """A session is revoked, an account disabled and a member removed at the first server; their
    sockets are at the second."""
    owner, disabled, removed = people
    with ExitStack() as stack:
        disabled_there, revoked = (
            stack.enter_context(closing(Person(servers[1].url, name, PASSWORD)))
            for name in (OTHER, MEMBER)
        )
        cut = (disabled, disabled_there, revoked)
        for person in (disabled_there, revoked):
            person.listen()
        owner.post(f"{group}/messages", {"text": "都在"})
        for person in (owner, removed, *cut):
            person.wait_for("message.created", 5)
        if away:
            redis_server.stop()
        disable_account(servers[0], OTHER)
        session_id = revoked.get("/me")["session"]["id"]
        for path in (f"/sessions/{session_id}", f"{group}/members/{removed.id}"):
            actor = owner if path.startswith(group) else removed
            answer = actor.http.delete(f"{servers[0].url}/api/v1{path}", timeout=20)
            assert answer.status_code == 204
        ended = time.monotonic()
        if away:
            time.sleep(away)
            ended = redis_server.start()
        number = 0
        while time.monotonic() < ended + ENDED_WITHIN:
            number += 1
            owner.post(f"{group}/messages", {"text": f"第{number}条"})
            time.sleep(0.1)
        owner.post(f"{group}/messages", {"text": "完"})
        owner.wait_for("message.created", 10, lambda data: data["text"] == "完")
        time.sleep(1)
        for person in cut:
            assert person._socket is not None
            assert not person._socket.connected
        for person in (*cut, removed):
            heard = [at - ended for at, event in person.timed() if event["type"] == MESSAGE]
            assert [at for at in heard if at > ENDED_WITHIN] == []


def disable_account(server: ServerProcess, username: str) -> None:
    with requests.Session() as http:
        signed_in = http.post(
            f"{server.url}/api/v1/sessions",
            json={"username": "system_admin", "password": PASSWORD},
            timeout=20,
        )
        http.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"
        found = http.get(f"{server.url}/api/v1/accounts", params={"q": username}, timeout=20)
        path = f"accounts/{found.json()['items'][0]['id']}"
        body = {"status": "disabled"}
        http.patch(f"{server.url}/api/v1/{path}", json=body, timeout=20).raise_for_status()
