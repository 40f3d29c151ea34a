"""Who gets another post, or loses a grant, hears it at once and belongs elsewhere from then on."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import MEMBER, OWNER, PROVINCE, MakeGroup, say

Find = Callable[[str], str]


def test_a_socket_follows_its_officials_post_at_once(
    as_: SignedIn, addressed: MakeGroup, listening: Listening, official_id: Find, unit_id: Find
) -> None:
    former, later = (addressed("org_group", code, by=OWNER) for code in ("331081100", "331081101"))
    administrator, me, device = as_(OWNER), as_(MEMBER), listening(MEMBER)
    cursor = me.get("/sync")["cursor"]
    [post] = administrator.get(f"/officials/{official_id(MEMBER)}")["posts"]
    wanted = {"unit_id": unit_id("331081101"), "line": "water", "title": "站长", "role": "member"}
    administrator.post(f"/officials/{official_id(MEMBER)}/posts", wanted)
    administrator.delete(f"/posts/{post['id']}")
    assert set(device.types()) == {"posts.changed", "rooms.resync"}
    for made in (former, later):
        say(as_("331081101.duty_officer" if made is later else "331081100.leader"), made)
    heard = device.hear("message.created")
    assert [message["conversation_id"] for message in heard] == [later["id"]]
    answer = me.get("/sync", cursor=cursor)
    assert [each["id"] for each in answer["conversations"]] == [later["id"]]
    assert answer["left"] == [former["id"]]


def test_who_loses_a_grant_is_told_so(
    as_: SignedIn, addressed: MakeGroup, listening: Listening
) -> None:
    """The province looks after a group of a county in which it has no post."""
    made = addressed("org_group", "331081", by=PROVINCE)
    device, security = listening(PROVINCE), as_("security_admin")
    cursor = as_(PROVINCE).get("/sync")["cursor"]
    account = as_(PROVINCE).get("/me")["account"]["id"]
    for grant in security.get("/grants", account_id=account)["items"]:
        security.delete(f"/grants/{grant['id']}")
    assert "rooms.resync" in device.types()
    assert as_(PROVINCE).get("/sync", cursor=cursor)["left"] == [made["id"]]
    say(as_(OWNER), made)
    assert device.hear("message.created") == []
