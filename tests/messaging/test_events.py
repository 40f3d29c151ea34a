"""What is pushed, and to whom exactly."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    PROVINCE,
    MakeGroup,
    say,
)

OfficialId = Callable[[str], str]


def test_a_message_reaches_the_group_and_nobody_else(
    as_: SignedIn, group: MakeGroup, listening: Listening
) -> None:
    made = group(MEMBER)
    inside, sender, outside = listening(MEMBER), listening(OWNER), listening(OTHER_MEMBER)
    sent = say(as_(OWNER), made, "请上报", client_id="c")
    expected = {
        **sent,
        "client_id": None,
        "conversation": {"id": made["id"], "kind": "group", "name": "石塘防汛群", "last_seq": 1},
    }
    assert inside.hear() == [expected]
    assert sender.hear() == [expected]
    assert outside.hear() == []
    event = inside.events[0]
    assert (event["type"], len(event["id"])) == ("message.created", 32)
    assert event["occurred_at"].endswith("+00:00")


def test_a_repeat_is_not_pushed_again(
    as_: SignedIn, group: MakeGroup, listening: Listening
) -> None:
    made, inside = group(MEMBER), listening(MEMBER)
    say(as_(OWNER), made, client_id="c")
    body = {"text": "收到", "client_id": "c"}
    as_(OWNER).post(f"/conversations/{made['id']}/messages", body, status=200)
    assert len(inside.hear("message.created")) == 1


def test_a_conversation_made_while_connected_is_heard_at_once(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup, listening: Listening
) -> None:
    socket, outside = listening(MEMBER), listening(OUTSIDER)
    flood = {"line": "flood_control"}
    for make, speaker in (
        (lambda: group(MEMBER), OWNER),
        (lambda: addressed("org_group", "3310", **flood), CITY),
        (lambda: addressed("announcement", "3310", by=PROVINCE, **flood), PROVINCE),
    ):
        made = make()
        assert socket.hear("conversation.updated") == [{"conversation_id": made["id"]}]
        say(as_(speaker), made)
        assert [m["conversation_id"] for m in socket.hear("message.created")] == [made["id"]]
    assert outside.hear() == []


def test_who_is_in_the_audience_and_looks_after_it_hears_once(
    as_: SignedIn, addressed: MakeGroup, listening: Listening
) -> None:
    made = addressed("org_group", "3310")
    before_connecting, maker = listening(CITY), listening(CITY)
    say(as_(CITY), made)
    assert len(before_connecting.hear()) == len(maker.hear()) == 1


def test_who_looks_after_an_audience_from_outside_hears_it(
    as_: SignedIn, addressed: MakeGroup, listening: Listening
) -> None:
    early = listening(CITY)
    made = addressed("org_group", "331081")
    late = listening(CITY)
    say(as_(MEMBER), made)
    assert len(early.hear("message.created")) == len(late.hear("message.created")) == 1


def test_who_is_put_out_is_told_and_hears_nothing_more(
    as_: SignedIn, group: MakeGroup, listening: Listening, official_id: OfficialId
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    path = f"/conversations/{made['id']}"
    gone, stays = listening(MEMBER), listening(OTHER_MEMBER)
    as_(OWNER).delete(f"{path}/members/{official_id(MEMBER)}")
    assert gone.types() == ["conversation.removed"]
    assert stays.types() == ["message.created", "conversation.updated"]
    say(as_(OWNER), made)
    as_(OWNER).patch(path, {"name": "x"})
    as_(OTHER_MEMBER).put(f"{path}/read", {"seq": 2})
    assert gone.hear() == []
    assert stays.types() == [
        "message.created",
        "message.created",
        "conversation.updated",
        "receipt.updated",
    ]
    as_(OWNER).post(f"{path}/members", {"official_ids": [official_id(MEMBER)]}, status=200)
    say(as_(OWNER), made)
    assert gone.types() == ["message.created", "conversation.updated", "message.created"]


def test_who_leaves_hears_nothing_more_on_any_device(
    as_: SignedIn, group: MakeGroup, listening: Listening
) -> None:
    made = group(MEMBER)
    devices = [listening(MEMBER), listening(MEMBER)]
    as_(MEMBER).delete(f"/conversations/{made['id']}/members/me")
    say(as_(OWNER), made)
    assert [device.types() for device in devices] == [["conversation.removed"]] * 2


def test_receipts_go_to_everybody_in_small_groups_and_to_ones_own_devices_elsewhere(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    listening: Listening,
    official_id: OfficialId,
    crowd: Callable[[int], list[str]],
) -> None:
    small, large = group(MEMBER), group(MEMBER)
    as_(OWNER).post(
        f"/conversations/{large['id']}/members", {"official_ids": crowd(199)}, status=200
    )
    everywhere = addressed("org_group", "331081", by=OWNER)
    mine, other = listening(MEMBER), listening(OWNER)
    for made in (small, large, everywhere):
        seq = say(as_(OWNER), made)["seq"]
        mine.hear(), other.hear()
        answer = mine.send("read", {"conversation_id": made["id"], "seq": seq})
        assert answer == {"ok": True}
        receipt = {
            "conversation_id": made["id"],
            "official_id": official_id(MEMBER),
            "read_seq": seq,
        }
        assert mine.hear() == [receipt]
        assert other.hear() == ([receipt] if made is small else [])
        # Reading it again tells nobody anything.
        mine.send("read", {"conversation_id": made["id"], "seq": seq})
        assert mine.hear() == []
        assert as_(MEMBER).get(f"/conversations/{made['id']}")["unread"] == 0
