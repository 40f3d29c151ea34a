"""A group, its members' devices, and whatever may happen to them in any order, beside a model.

Run by ``test_machine.py`` on one process over SQLite, and by tests/faults/test_machine.py on two.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar

import requests
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from tests.device import Device
from tests.links import Link
from tests.organisation import PASSWORD
from tests.servers import Person, ServerProcess

# One has two devices. The last device's way is never obstructed: it must hear everything.
USERNAMES = ("331081.leader", "331081.leader", "331081100.duty_officer", "331081101.duty_officer")
WITNESS = len(USERNAMES) - 1
PUSHED_WITHIN = 10.0

FAULTS = (["drop"], ["twice"], ["hold"], ["drop", "hold"])
# One rule draws from all of these: of several rules hypothesis leaves some out of each run, and
# one in which nobody speaks shows nothing. With how often they happen.
STEPS = {
    "say": 7,
    "say_and_hear_nothing": 2,
    "send_again": 2,
    "recall": 2,
    "read": 3,
    "obstruct": 5,
    "cut": 1,
    "come_back": 2,
    "kill_while_everybody_sends": 1,
    "start_again": 1,
    "settle": 1,
}


class Place:
    """The servers, and the people who stay signed in from one run of the machine to the next."""

    def __init__(self, servers: list[ServerProcess]) -> None:
        self.servers = servers
        self.people = [
            Person(servers[number % len(servers)].url, name, PASSWORD)
            for number, name in enumerate(USERNAMES)
        ]
        self.links = [Link(servers[number % len(servers)].port) for number in range(WITNESS + 1)]
        self.sent = 0

    def close(self) -> None:
        for each in (*self.people, *self.links):
            each.close()


@contextmanager
def machine_at(servers: list[ServerProcess], kills: int) -> Iterator[type[GroupMachine]]:
    """The machine on these servers, which are killed so many times in all at most: a start takes
    as long as a hundred steps."""
    with closing(Place(servers)) as place:

        class Here(GroupMachine):
            pass

        Here.place, Here.kills = place, kills
        yield Here


@dataclass
class Model:
    """What must be true of the group. Keys are the ``client_id`` and the text of a message."""

    seqs: dict[str, int] = field(default_factory=dict)
    senders: dict[str, str] = field(default_factory=dict)
    recalled: set[str] = field(default_factory=set)
    read: dict[str, int] = field(default_factory=dict)

    def sent(self, key: str, seq: int) -> None:
        """Acknowledged, for the first time or again."""
        assert self.seqs.setdefault(key, seq) == seq, f"{key} is there twice"
        self.has_read(self.senders[key], seq)

    def has_read(self, official_id: str, seq: int) -> None:
        self.read[official_id] = max(self.read.get(official_id, 0), seq)

    def texts(self) -> dict[int, str | None]:
        return {seq: None if key in self.recalled else key for key, seq in self.seqs.items()}

    def own(self, official_id: str) -> list[str]:
        return [key for key in self.seqs if self.senders[key] == official_id]


class GroupMachine(RuleBasedStateMachine):
    place: ClassVar[Place]
    kills: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.down: ServerProcess | None = None
        # Sent, and never answered.
        self.unsure: list[str] = []
        # How much had been said when the witness came.
        self.witnessed_from = 0
        self.devices = [Device(person) for person in self.place.people]

    @initialize()
    def begin(self) -> None:
        people = self.place.people
        for person in people:
            person.hang_up()
            person.heard()
        ids = sorted({person.id for person in people} - {people[0].id})
        body = {"kind": "group", "name": "石塘防汛群", "official_ids": ids}
        self.id = people[0].post("/conversations", body)["id"]
        self.path = f"/conversations/{self.id}"
        self.model.read = {person.id: 0 for person in people}
        for number in range(len(people)):
            self._come_back(number)

    @rule(
        step=st.sampled_from([name for name, often in STEPS.items() for _ in range(often)]),
        number=st.integers(0, WITNESS),
        chosen=st.integers(0, 99),
    )
    def act(self, step: str, number: int, chosen: int) -> None:
        getattr(self, step)(number, chosen)

    # What people do

    def say(self, number: int, _chosen: int) -> None:
        """Every device shows it, and all before it, that nothing stands in the way of."""
        clear = [
            number
            for number, person in enumerate(self.place.people)
            if person.is_listening and self.place.links[number].is_clear
        ]
        seq = self._say(number, self._key(number))
        for number in clear:
            self._person(number)
            shown = self.devices[number].shows(self.id, seq, PUSHED_WITHIN)
            assert shown or not self.place.people[number].is_listening, (
                f"device {number} does not show all up to {seq}"
            )

    def say_and_hear_nothing(self, number: int, _chosen: int) -> None:
        """The message is committed, and its acknowledgement is lost on the way."""
        key = self._key(number)
        self.unsure.append(key)
        self._swallow(number, key)

    def send_again(self, number: int, chosen: int) -> None:
        """What was not answered, or was: sent again it is the same message."""
        me = self.place.people[number].id
        if keys := [*self.model.own(me), *self._unsure_of(me)]:
            self._say(number, keys[chosen % len(keys)])

    def recall(self, number: int, chosen: int) -> None:
        if keys := self.model.own(self.place.people[number].id):
            key = keys[chosen % len(keys)]
            path = f"{self.path}/messages/{self.model.seqs[key]}/recall"
            self._person(number).post(path, status=200)
            self.model.recalled.add(key)

    def read(self, number: int, chosen: int) -> None:
        """Up to the last message on the device's screen, or some before it."""
        person = self._person(number)
        self.devices[number].look()
        kept = self.devices[number].kept.get(self.id)
        seq = max(0, (kept.top if kept else 0) - chosen // 2 % 4)
        if chosen % 2 and person.is_listening and not self.down:
            answer = person.send_event("read", {"conversation_id": self.id, "seq": seq})
            assert answer == {"ok": True}
        else:
            person.put(f"{self.path}/read", {"seq": seq})
        self.model.has_read(person.id, seq)

    # What happens to them

    def obstruct(self, number: int, chosen: int) -> None:
        if number != WITNESS:
            self.place.links[number].faults.extend(FAULTS[chosen % len(FAULTS)])

    def cut(self, number: int, _chosen: int) -> None:
        self.place.links[number].cut()
        self.place.people[number].hang_up()

    def come_back(self, number: int, _chosen: int) -> None:
        self._come_back(number)

    def kill_while_everybody_sends(self, which: int, after: int) -> None:
        """A process dies, ``after`` milliseconds into it, and may stay away for a while."""
        if self.down or not self.kills:
            return
        type(self).kills -= 1
        server = self.place.servers[which % len(self.place.servers)]
        batches = [[self._key(number) for _ in range(4)] for number in range(WITNESS + 1)]
        self.unsure += [key for batch in batches for key in batch]
        killing = threading.Timer(after / 1000, server.kill)
        with ThreadPoolExecutor(len(batches)) as pool:
            killing.start()
            answers = list(pool.map(self._send_all, range(WITNESS + 1), batches))
        killing.join()
        for key, seq in (pair for answered in answers for pair in answered):
            self._acknowledge(key, seq)
        self.down = server
        if len(self.place.servers) == 1:
            self.start_again()

    def start_again(self, *_any: int) -> None:
        if self.down:
            self.down.start()
            self.down = None

    # What must be true

    @invariant()
    def no_number_is_used_twice(self) -> None:
        assert len(set(self.model.seqs.values())) == len(self.model.seqs)

    def settle(self, *_any: int) -> None:
        """All is sent, everybody comes back, and sees what was said: each thing once."""
        self.start_again()
        for key in list(self.unsure):
            sender = [person.id for person in self.place.people].index(self.model.senders[key])
            self._say(sender, key)
        model = self.model
        assert sorted(model.seqs.values()) == list(range(1, len(model.seqs) + 1))
        self._check_witness()
        for number, device in enumerate(self.devices):
            if self.place.people[number].is_listening:
                self.place.links[number].clear()
                self._person(number)
                device.sync()
            else:
                self._come_back(number)
            self._check(number, device)

    def teardown(self) -> None:
        # After a failure that one is to be told, and not what follows from it.
        if sys.exc_info()[0] is None:
            self.settle()

    def _check(self, number: int, device: Device) -> None:
        person, model, kept = self.place.people[number], self.model, device.kept[self.id]
        fresh = person.get(self.path)
        listed = {
            each["seq"]: each["text"]
            for each in person.get(f"{self.path}/messages", after_seq=0, limit=200)["items"]
        }
        expected = dict(sorted(model.texts().items()))
        assert list(listed.items()) == list(expected.items())
        assert {**kept.texts} == expected
        assert kept.doubled == []
        read = model.read[person.id]
        unread = sum(1 for seq in expected if seq > read)
        assert (fresh["last_seq"], fresh["read_seq"], fresh["unread"]) == (
            len(expected),
            read,
            unread,
        )
        assert (kept.last_seq, kept.read_seq, kept.unread) == (len(expected), read, unread)

    def _check_witness(self) -> None:
        """All that was said while it was connected was pushed to it, without its asking."""
        device, person = self.devices[WITNESS], self.place.people[WITNESS]
        if not person.is_listening:
            return
        expected = {seq for seq in self.model.seqs.values() if seq > self.witnessed_from}
        deadline = time.monotonic() + PUSHED_WITHIN
        while missing := expected - device.kept[self.id].pushed.keys():
            if not person.is_listening:
                # Its process was killed, which it has only now noticed.
                return
            assert time.monotonic() < deadline, f"never pushed: {sorted(missing)}"
            time.sleep(0.01)
            device.look()

    # How it is done

    def _key(self, number: int) -> str:
        self.place.sent += 1
        key = f"n{self.place.sent}"
        self.model.senders[key] = self.place.people[number].id
        return key

    def _unsure_of(self, official_id: str) -> list[str]:
        return [key for key in self.unsure if self.model.senders[key] == official_id]

    def _person(self, number: int) -> Person:
        """Who asks another server while theirs is down."""
        servers, person = self.place.servers, self.place.people[number]
        home = servers[number % len(servers)]
        person.url = next(each for each in (home, *servers) if each is not self.down).url
        return person

    def _come_back(self, number: int) -> None:
        person, link = self._person(number), self.place.links[number]
        link.cut()
        link.port = int(person.url.rpartition(":")[2])
        if number == WITNESS:
            # By the server: it knows of messages whose acknowledgement was lost.
            self.witnessed_from = person.get(self.path)["last_seq"]
        self.devices[number].come_back(link.url)

    def _acknowledge(self, key: str, seq: int) -> None:
        self.model.sent(key, seq)
        if key in self.unsure:
            self.unsure.remove(key)

    def _say(self, number: int, key: str) -> int:
        body = {"text": key, "client_id": key}
        person = self._person(number)
        again = key in self.model.seqs
        answer = person.http.post(f"{person.url}/api/v1{self.path}/messages", json=body, timeout=20)
        expected = (200,) if again else (200, 201) if key in self.unsure else (201,)
        assert answer.status_code in expected, f"{answer.status_code} {answer.text}"
        seq: int = answer.json()["seq"]
        self._acknowledge(key, seq)
        note(f"{key} is {seq}")
        return seq

    def _send_all(self, number: int, keys: list[str]) -> list[tuple[str, int]]:
        """Those that were acknowledged before the connection broke."""
        person, answered = self._person(number), []
        with suppress(requests.RequestException):
            for key in keys:
                answer = person.post(f"{self.path}/messages", {"text": key, "client_id": key})
                answered.append((key, answer["seq"]))
        return answered

    def _swallow(self, number: int, key: str) -> None:
        """Wait until the server answers, and do not listen."""
        person = self._person(number)
        with ExitStack() as stack:
            there = http.client.HTTPConnection(person.url.removeprefix("http://"), timeout=20)
            stack.enter_context(closing(there))
            there.request(
                "POST",
                f"/api/v1{self.path}/messages",
                json.dumps({"text": key, "client_id": key}),
                {"Content-Type": "application/json", "Authorization": f"Bearer {person.token}"},
            )
            assert there.sock.recv(1)
