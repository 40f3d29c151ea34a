"""Many at once: on PostgreSQL truly, on SQLite one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OWNER, MakeGroup, say
from zzd.db import transaction
from zzd.identity.principals import principal_of_username
from zzd.messaging.members import remove_member

Call = Callable[[ApiClient], TestResponse]


def at_once(app: Flask, calls: Sequence[tuple[ApiClient, Call]]) -> list[TestResponse]:
    """Make these calls in as many threads, all set off at the same moment."""
    barrier = Barrier(len(calls))

    def run(client: ApiClient, call: Call) -> TestResponse:
        # Each thread with clients and a context of its own.
        with app.app_context():
            own = ApiClient(app, token=client.token)
            barrier.wait(timeout=30)
            return call(own)

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, client, call) for client, call in calls]
        return [future.result(timeout=60) for future in futures]


def statuses(answers: list[TestResponse]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def test_twenty_duplicates_at_once_are_one_message(
    app: Flask, as_: SignedIn, group: MakeGroup
) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    path = f"/conversations/{made['id']}/messages"
    body = {"text": "收到", "client_id": "once"}
    answers = at_once(app, [(client, lambda own: own.request("POST", path, json=body))] * 20)
    assert statuses(answers) == [200] * 19 + [201]
    assert len({str(answer.get_json()) for answer in answers}) == 1
    assert [m["seq"] for m in client.get(path)["items"]] == [1]
    assert say(client, made)["seq"] == 2


def test_one_client_id_in_two_conversations_at_once_is_one_message(
    app: Flask, as_: SignedIn, group: MakeGroup
) -> None:
    made, client = [group(MEMBER), group(MEMBER)], as_(MEMBER)
    body = {"text": "收到", "client_id": "once"}

    def send(conversation: dict[str, Any]) -> Call:
        path = f"/conversations/{conversation['id']}/messages"
        return lambda own: own.request("POST", path, json=body)

    answers = at_once(app, [(client, send(made[n % 2])) for n in range(10)])
    assert statuses(answers) == [200] * 4 + [201] + [409] * 5
    numbers = [client.get(f"/conversations/{c['id']}")["last_seq"] for c in made]
    assert sorted(numbers) == [0, 1]


def test_numbers_have_no_gaps_when_many_speak(app: Flask, as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    path = f"/conversations/{made['id']}/messages"

    def speak(own: ApiClient) -> TestResponse:
        for _ in range(4):
            answer = own.request("POST", path, json={"text": "收到"})
            own.request("PUT", f"/conversations/{made['id']}/read", json={"seq": 1})
        return answer

    people = [as_(who) for who in (OWNER, MEMBER, OTHER_MEMBER)] * 4
    assert statuses(at_once(app, [(client, speak) for client in people])) == [201] * 12
    said = as_(OWNER).get(path, after_seq=0, limit=200)["items"]
    assert [m["seq"] for m in said] == list(range(1, 49))
    assert as_(OWNER).get(f"/conversations/{made['id']}")["last_seq"] == 48


def test_both_begin_a_direct_conversation_at_once(
    app: Flask, as_: SignedIn, official_id: Callable[[str], str]
) -> None:
    def begin(other: str) -> Call:
        body = {"kind": "direct", "official_ids": [official_id(other)]}
        return lambda own: own.request("POST", "/conversations", json=body)

    calls = [(as_(MEMBER), begin(OWNER)), (as_(OWNER), begin(MEMBER))] * 5
    answers = at_once(app, calls)
    assert statuses(answers) == [200] * 9 + [201]
    assert len({answer.get_json()["id"] for answer in answers}) == 1


def test_people_added_at_once_are_counted_right(
    app: Flask, as_: SignedIn, group: MakeGroup, crowd: Callable[[int], list[str]]
) -> None:
    made = group(MEMBER)
    people = crowd(30)
    path = f"/conversations/{made['id']}/members"

    def add(some: list[str]) -> Call:
        return lambda own: own.request("POST", path, json={"official_ids": some})

    # Each is added three times over.
    calls = [(as_(OWNER), add(people[n : n + 15])) for n in (0, 5, 10, 15, 0, 15)]
    assert statuses(at_once(app, calls)) == [200] * 6
    assert as_(OWNER).get(f"/conversations/{made['id']}")["members"] == 32
    assert len(as_(OWNER).get(path, limit=200)["items"]) == 32


def test_who_is_put_out_while_speaking_is_in_or_out_and_numbers_hold(
    app: Flask, as_: SignedIn, group: MakeGroup, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    other = official_id(MEMBER)
    calls = [
        (as_(MEMBER), lambda own: own.request("POST", f"{path}/messages", json={"text": "x"}))
    ] * 6
    calls.append((as_(OWNER), lambda own: own.request("DELETE", f"{path}/members/{other}")))
    answers = at_once(app, calls)
    assert answers[-1].status_code == 204
    accepted = [answer.status_code for answer in answers[:-1]]
    assert set(accepted) <= {201, 404}
    said = as_(OWNER).get(f"{path}/messages")["items"]
    # The last one tells that they were put out.
    assert [m["seq"] for m in said] == list(range(1, accepted.count(201) + 2))
    assert [m["kind"] for m in said] == ["text"] * accepted.count(201) + ["notice"]


def test_who_is_put_out_while_their_message_waits_does_not_get_it_in(
    app: Flask, as_: SignedIn, group: MakeGroup, official_id: Callable[[str], str]
) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    path = f"/conversations/{made['id']}/messages"

    def send() -> TestResponse:
        with app.app_context():
            own = ApiClient(app, token=client.token)
            return own.request("POST", path, json={"text": "等等我"})

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            owner = principal_of_username(session, OWNER)
            assert owner is not None
            remove_member(session, owner, int(made["id"]), int(official_id(MEMBER)))
            session.flush()
            sending = pool.submit(send)
            # Long enough to find the conversation locked.
            time.sleep(0.5)
            assert not sending.done()
        assert sending.result(timeout=30).status_code == 404
    assert as_(OWNER).get(f"/conversations/{made['id']}")["last_seq"] == 1
