"""Whatever happens in whatever order: seq has no gaps, and unread is what the model says."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OUTSIDER, OWNER, MakeGroup
from zzd.messaging.rules import unread

PEOPLE = (OWNER, MEMBER, OTHER_MEMBER, OUTSIDER)


@given(last=st.integers(0, 99), first=st.integers(1, 100), read=st.integers(0, 99))
def test_unread_counts_the_visible_messages_after_the_cursor(
    last: int, first: int, read: int
) -> None:
    expected = sum(1 for seq in range(1, last + 1) if seq > read and seq >= first)
    assert unread(last_seq=last, first_seq=first, read_seq=read) == expected


class Model:
    """What must be true of one group, kept in the simplest way."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        # Of those inside: the first seq they see, and the last they read.
        self.inside: dict[str, list[int]] = {OWNER: [1, 0]}

    def say(self, who: str, text: str) -> None:
        self.said.append({"text": text, "by": who})
        self.inside[who][1] = len(self.said)

    def note(self) -> None:
        """A notice: who had read everything before has read it too."""
        self.said.append({"text": "", "by": None})
        for cursor in self.inside.values():
            if cursor[1] == len(self.said) - 1:
                cursor[1] = len(self.said)

    def visible(self, who: str) -> list[tuple[int, str | None]]:
        first = self.inside[who][0]
        return [(seq, m["text"]) for seq, m in enumerate(self.said, start=1) if seq >= first]

    def unread(self, who: str) -> int:
        return sum(1 for seq, _text in self.visible(who) if seq > self.inside[who][1])


class Schedule:
    """Acts at random through the API, and tells the model the same."""

    def __init__(self, as_: SignedIn, made: Any, ids: Callable[[str], str], seed: int) -> None:
        self.as_, self.ids = as_, ids
        self.path = f"/conversations/{made['id']}"
        self.chance, self.model = random.Random(seed), Model()

    def step(self) -> None:
        who = self.chance.choice(sorted(self.model.inside))
        acts = (
            self.say,
            self.say,
            self.repeat,
            self.read,
            self.read,
            self.recall,
            self.come,
            self.go,
        )
        self.chance.choice(acts)(who)

    def say(self, who: str) -> None:
        key = f"k{len(self.model.said)}"
        sent = self.as_(who).post(f"{self.path}/messages", {"text": key, "client_id": key})
        self.model.say(who, key)
        assert sent["seq"] == len(self.model.said)

    def repeat(self, who: str) -> None:
        if mine := [m["text"] for m in self.model.said if m["by"] == who and m["text"]]:
            key = self.chance.choice(mine)
            body = {"text": key, "client_id": key}
            self.as_(who).post(f"{self.path}/messages", body, status=200)

    def read(self, who: str) -> None:
        seq = self.chance.randint(0, len(self.model.said))
        answer = self.as_(who).put(f"{self.path}/read", {"seq": seq})
        cursor = self.model.inside[who]
        cursor[1] = max(cursor[1], seq)
        assert answer == {"read_seq": cursor[1], "unread": self.model.unread(who)}

    def recall(self, who: str) -> None:
        seen = [seq for seq, _text in self.model.visible(who)]
        if mine := [seq for seq in seen if self.model.said[seq - 1]["by"] == who]:
            seq = self.chance.choice(mine)
            self.as_(who).post(f"{self.path}/messages/{seq}/recall", status=200)
            self.model.said[seq - 1]["text"] = None

    def come(self, _who: str) -> None:
        if outside := [person for person in PEOPLE if person not in self.model.inside]:
            coming, said = self.chance.choice(outside), len(self.model.said)
            body = {"official_ids": [self.ids(coming)]}
            self.as_(OWNER).post(f"{self.path}/members", body, status=200)
            self.model.inside[coming] = [said + 1, said]
            self.model.note()

    def go(self, who: str) -> None:
        if who != OWNER:
            self.as_(who).delete(f"{self.path}/members/me")
            del self.model.inside[who]
            self.model.note()


@pytest.mark.parametrize("seed", range(3))
def test_a_random_schedule(
    as_: SignedIn, group: MakeGroup, official_id: Callable[[str], str], seed: int
) -> None:
    schedule = Schedule(as_, group(), official_id, seed)
    model, path = schedule.model, schedule.path
    for _step in range(50):
        schedule.step()
        for who in PEOPLE:
            if who not in model.inside:
                as_(who).get(path, status=404)
                continue
            seen = as_(who).get(path)
            assert (seen["last_seq"], seen["unread"]) == (len(model.said), model.unread(who))
    for who in model.inside:
        listed = as_(who).get(f"{path}/messages", after_seq=0, limit=200)["items"]
        assert [(m["seq"], m["text"]) for m in listed] == model.visible(who)
