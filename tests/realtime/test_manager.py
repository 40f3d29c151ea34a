"""Rooms of this process: who is in them, and when one begins and ends."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zzd.realtime.manager import RoomManager
from zzd.realtime.packets import encode


class Server:
    """Notes what is sent to whom, by Engine.IO sid."""

    packet_class = SimpleNamespace(json=None)

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        numbers = itertools.count()
        self.eio = SimpleNamespace(generate_id=lambda: f"sid{next(numbers)}")

    def send_to_all(self, eio_sids: Iterable[str], packet: str) -> None:
        self.sent += [(eio_sid, packet) for eio_sid in eio_sids]


class House:
    """A manager with its server, and what it said of its rooms."""

    def __init__(self) -> None:
        self.manager = RoomManager()
        self.server = Server()
        self.manager.set_server(self.server)
        self.said: list[tuple[str, str]] = []
        self.manager.on_room(
            lambda room: self.said.append(("opened", room)),
            lambda room: self.said.append(("closed", room)),
        )

    def connect(self, name: str) -> str:
        sid = self.manager.pre_connect(name, "/")
        assert sid
        assert self.manager.connect(sid, "/") == sid
        return sid

    def disconnect(self, sid: str) -> None:
        self.manager.pre_disconnect(sid, "/")
        self.manager.disconnect(sid, "/")

    def heard_by(self, rooms: list[str]) -> list[str]:
        self.server.sent.clear()
        count = self.manager.push(rooms, "2[]")
        assert count == len(self.server.sent)
        return sorted(eio_sid for eio_sid, _ in self.server.sent)


@pytest.fixture
def house() -> House:
    return House()


def test_a_packet_reaches_the_union_of_rooms_once_each(house: House) -> None:
    a, b, _ = house.connect("a"), house.connect("b"), house.connect("c")
    for sid, room in ((a, "x"), (a, "y"), (b, "y")):
        house.manager.enter_room(sid, "/", room)
    assert house.heard_by(["x", "y", "nobody"]) == ["a", "b"]
    assert house.heard_by(["x"]) == ["a"]
    assert house.heard_by([b]) == ["b"]
    assert house.heard_by([]) == []


def test_a_room_opens_with_its_first_member_and_closes_after_its_last(house: House) -> None:
    a, b = house.connect("a"), house.connect("b")
    assert house.said == []
    for sid in (a, b, a):
        house.manager.enter_room(sid, "/", "x")
    assert house.said == [("opened", "x")]
    assert house.manager.local_rooms() == ["x"]
    house.manager.leave_room(a, "/", "x")
    house.manager.leave_room(a, "/", "x")
    house.manager.leave_room(b, "/", "never entered")
    assert house.said == [("opened", "x")]
    house.disconnect(b)
    assert house.said == [("opened", "x"), ("closed", "x")]
    house.manager.enter_room(a, "/", "x")
    assert house.said[2:] == [("opened", "x")]


def test_a_disconnected_socket_is_in_nothing(house: House) -> None:
    sid = house.connect("a")
    house.manager.enter_room(sid, "/", "x")
    assert (house.manager.is_connected(sid, "/"), house.manager.is_in_use("a")) == (True, True)
    assert sorted(house.manager.get_rooms(sid, "/")) == sorted([sid, "x"])
    house.disconnect(sid)
    assert (house.manager.is_connected(sid, "/"), house.manager.is_in_use("a")) == (False, False)
    assert house.manager.get_rooms(sid, "/") == []
    assert house.heard_by(["x", sid]) == []
    with pytest.raises(ValueError, match="not connected"):
        house.manager.enter_room(sid, "/", "x")
    house.disconnect(house.connect("a"))


def test_a_socket_that_is_not_yet_accepted_is_not_in_use(house: House) -> None:
    sid = house.manager.pre_connect("a", "/")
    assert sid
    assert house.manager.pre_connect("a", "/") is None
    assert (house.manager.is_connected(sid, "/"), house.manager.is_in_use("a")) == (False, False)
    house.manager.disconnect(sid, "/")
    assert house.manager.pre_connect("a", "/") is not None


def test_nobody_enters_the_room_of_another_socket(house: House) -> None:
    a, b = house.connect("a"), house.connect("b")
    with pytest.raises(ValueError, match="sid room"):
        house.manager.enter_room(a, "/", b)
    assert house.heard_by([b]) == ["b"]


steps = st.lists(
    st.tuples(
        st.sampled_from(["connect", "disconnect", "enter", "leave"]),
        st.integers(0, 3),
        st.sampled_from("xyz"),
    ),
    max_size=40,
)


@given(steps)
def test_rooms_are_what_a_plain_model_says(steps: list[tuple[str, int, str]]) -> None:
    house = House()
    sids: dict[int, str] = {}
    model: dict[str, set[int]] = {room: set() for room in "xyz"}
    open_rooms: set[str] = set()
    for act, who, room in steps:
        if act == "connect" and who not in sids:
            sids[who] = house.connect(str(who))
        elif act == "disconnect" and who in sids:
            house.disconnect(sids.pop(who))
            for members in model.values():
                members.discard(who)
        elif act == "enter" and who in sids:
            house.manager.enter_room(sids[who], "/", room)
            model[room].add(who)
        elif act == "leave" and who in sids:
            house.manager.leave_room(sids[who], "/", room)
            model[room].discard(who)
        for what, name in house.said:
            (open_rooms.add if what == "opened" else open_rooms.remove)(name)
        house.said.clear()
        assert open_rooms == {name for name, members in model.items() if members}
        assert set(house.manager.local_rooms()) == open_rooms
        for name, members in model.items():
            assert house.heard_by([name]) == sorted(map(str, members))


def test_the_packet_is_socket_io_in_utf_8() -> None:
    payload: dict[str, Any] = {"id": "1", "data": {"text": "汛情"}}
    assert encode("message.created", payload) == (
        '2["message.created",{"id":"1","data":{"text":"汛情"}}]'
    )
