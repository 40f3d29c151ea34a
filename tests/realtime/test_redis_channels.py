"""Which channels an event travels on, and what is written there."""

from __future__ import annotations

import time

import pytest

from zzd import clock
from zzd.realtime.outbox import Event
from zzd.realtime.redis_channels import (
    MANY_ROOMS,
    OPENED_LATELY,
    Channels,
    Packet,
    Probe,
    pack_probe,
    unpack,
)
from zzd.realtime.redis_channels import pack as packed

ROOM = "conversation:7"


def event(*rooms: str, type_: str = "message.created", **data: object) -> Event:
    return Event("id1", type_, clock.now(), rooms, dict(data))


@pytest.fixture
def channels() -> Channels:
    return Channels("zzd:0")


def test_an_event_goes_to_its_rooms_and_to_nobody_else(channels: Channels) -> None:
    assert channels.of_event(event(ROOM)) == ["zzd:0:room:conversation:7"]
    assert channels.of_event(event(ROOM, "audience:1")) == [
        "zzd:0:room:conversation:7",
        "zzd:0:room:audience:1",
    ]
    assert channels.room_of("zzd:0:room:conversation:7") == ROOM
    assert channels.room_of("zzd:0:processes") is None


def test_a_control_event_goes_to_every_process(channels: Channels) -> None:
    assert channels.of_event(event(type_="control.renew")) == ["zzd:0:processes"]


def test_an_event_for_many_rooms_is_published_once(channels: Channels) -> None:
    many = [f"official:{number}" for number in range(MANY_ROOMS + 1)]
    assert len(channels.of_event(event(*many[:-1]))) == MANY_ROOMS
    assert channels.of_event(event(*many)) == ["zzd:0:processes"]


@pytest.mark.parametrize("type_", ["control.enter", "control.join"])
def test_a_room_opened_lately_is_told_to_every_process_for_a_while(
    channels: Channels, monkeypatch: pytest.MonkeyPatch, type_: str
) -> None:
    start = time.monotonic()
    channels.note(event(type_=type_, room=ROOM))
    channels.note(event(type_="control.leave", room="conversation:8"))
    assert channels.of_event(event(ROOM)) == ["zzd:0:processes"]
    assert channels.of_event(event("conversation:8")) == ["zzd:0:room:conversation:8"]
    monkeypatch.setattr(time, "monotonic", lambda: start + OPENED_LATELY + 1)
    assert channels.of_event(event(ROOM)) == ["zzd:0:room:conversation:7"]
    channels.note(event(type_=type_, room="conversation:9"))
    assert list(channels._opened) == ["conversation:9"]


def test_what_was_packed_is_unpacked() -> None:
    heard = unpack(packed(event(ROOM, "audience:1", text="两\n行")))
    assert isinstance(heard, Packet)
    assert (heard.id, heard.rooms) == ("id1", (ROOM, "audience:1"))
    assert heard.text.startswith('2["message.created",{"id":"id1"')
    assert "两\\n行" in heard.text
    control = event(type_="control.leave", room=ROOM, official_ids=[1])
    assert unpack(packed(control)) == control
    assert unpack(pack_probe("p1")) == Probe("p1")


@pytest.mark.parametrize(
    "junk",
    [
        *(
            b"",
            b"\xff",
            b"{}",
            b"null",
            b"p",
            b"pid",
            b"pid room",
            b"p\xff\n",
            b"c",
            b"c{}",
            b"c[1]",
        ),
        *(b'c["a","b","c",{}]', b'c["a","b","2019-08-09T00:00:00+00:00",[]]', b"?\xff"),
    ],
)
def test_what_is_not_understood_is_refused(junk: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        unpack(junk)
