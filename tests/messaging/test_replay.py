"""A stale state and the events pushed since make the fresh state, for every type of event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.messaging.bots.conftest import Program
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OUTSIDER, OWNER, MakeGroup, say
from tests.messaging.records.conftest import sweep_after
from tests.messaging.replica import Replica

OfficialId = Callable[[str], str]
QUIET = {
    "do_not_disturb": {"enabled": True, "from": "23:00", "to": "06:30"},
    "sound": False,
    "preview": True,
}


class Scene:
    """A group with some history, in which the acts below happen."""

    def __init__(self, as_: SignedIn, ids: OfficialId, made: dict[str, Any], unit: str) -> None:
        self.as_, self.ids, self.made, self.unit = as_, ids, made, unit
        self.path = f"/conversations/{made['id']}"
        self.owner, self.member, self.other = as_(OWNER), as_(MEMBER), as_(OTHER_MEMBER)
        say(self.owner, made, "早")
        say(self.member, made, "收到", reply_to_seq=1)
        self.member.put(f"{self.path}/messages/1/reactions/ok")
        say(self.owner, made, "请@陈石塘回话", mentions={"official_ids": [ids(MEMBER)]})
        self.owner.put(f"{self.path}/pins/2")
        self.owner.put(f"{self.path}/notice", {"text": "今晚八点点名"})
        self.owner.patch(self.path, {"joinable": True})
        self.bot = self.owner.post(f"{self.path}/bots", {"name": "水位监测"})

    def message(self, seq: int, more: str = "") -> str:
        return f"{self.path}/messages/{seq}{more}"

    def ask(self, who: ApiClient) -> Any:
        code = self.owner.get(f"{self.path}/life")["join_code"]
        return who.post(f"/groups/{code}/requests", {"text": "我是霞关镇的"})


def quote(scene: Scene) -> None:
    say(scene.other, scene.made, "明白", reply_to_seq=2)


def call_people(scene: Scene) -> None:
    say(scene.owner, scene.made, "@陈松门", mentions={"official_ids": [scene.ids(OTHER_MEMBER)]})


def call_all(scene: Scene) -> None:
    say(scene.owner, scene.made, "@所有人", mentions={"all": True})


def call_an_audience(scene: Scene) -> None:
    audience = {"unit_id": scene.unit, "line": "flood_control"}
    say(scene.owner, scene.made, "@石塘镇 防汛", mentions={"audience": audience})


def forward(scene: Scene) -> None:
    content = {"conversation_id": scene.made["id"], "seqs": [1, 2]}
    body = {"kind": "forward", "content": content}
    scene.member.post(f"{scene.path}/messages", body)


def edit(scene: Scene) -> None:
    scene.owner.patch(scene.message(1), {"text": "早上好" * 100})
    scene.owner.patch(scene.message(3), {"text": "不用了"})


def recall(scene: Scene) -> None:
    scene.owner.post(scene.message(2, "/recall"), status=200)


def recall_a_call(scene: Scene) -> None:
    scene.owner.post(scene.message(3, "/recall"), status=200)
    scene.owner.post(scene.message(1, "/recall"), status=200)


def react(scene: Scene) -> None:
    for who, key in ((scene.owner, "ok"), (scene.other, "salute"), (scene.member, "salute")):
        who.put(scene.message(1, f"/reactions/{key}"))
    scene.member.delete(scene.message(1, "/reactions/ok"), status=200)
    scene.member.delete(scene.message(1, "/reactions/salute"), status=200)


def pin(scene: Scene) -> None:
    scene.owner.put(f"{scene.path}/pins/1")
    scene.owner.delete(f"{scene.path}/pins/2", status=200)
    scene.owner.put(f"{scene.path}/pins/3")


def save(scene: Scene) -> None:
    scene.member.put(scene.message(1, "/favourite"), status=204)
    scene.member.put(scene.message(2, "/favourite"), status=204)
    scene.member.delete(scene.message(1, "/favourite"))


def keep(scene: Scene) -> None:
    scene.member.patch(f"{scene.path}/my", {"pinned": True, "muted": True})
    scene.member.patch(f"{scene.path}/my", {"marked_unread": True, "muted": False})


def draft(scene: Scene) -> None:
    scene.member.put(f"{scene.path}/draft", {"text": "我想", "reply_to_seq": 1, "origin": "a"})
    scene.other.put(f"{scene.path}/draft", {"text": "等等"})
    scene.other.put(f"{scene.path}/draft", {"text": ""})


def notifications(scene: Scene) -> None:
    scene.member.put("/me/notifications", QUIET)


def put_notice(scene: Scene) -> None:
    scene.owner.put(f"{scene.path}/notice", {"text": "改为九点"})


def take_notice_away(scene: Scene) -> None:
    scene.owner.put(f"{scene.path}/notice", {"text": ""})


def read(scene: Scene) -> None:
    scene.member.put(f"{scene.path}/read", {"seq": 3})


def rename(scene: Scene) -> None:
    scene.owner.patch(scene.path, {"name": "石塘松门防汛群"})


def add(scene: Scene) -> None:
    scene.member.put(f"{scene.path}/read", {"seq": 4})
    body = {"official_ids": [scene.ids(OUTSIDER)]}
    scene.owner.post(f"{scene.path}/members", body, status=200)


def promote(scene: Scene) -> None:
    scene.owner.patch(f"{scene.path}/members/{scene.ids(MEMBER)}", {"role": "admin"})


def put_out(scene: Scene) -> None:
    scene.owner.delete(f"{scene.path}/members/{scene.ids(OTHER_MEMBER)}")


def leave(scene: Scene) -> None:
    scene.member.delete(f"{scene.path}/members/me")


def dissolve(scene: Scene) -> None:
    scene.owner.delete(scene.path)


def ask_to_join(scene: Scene) -> None:
    scene.ask(scene.as_(OUTSIDER))


def join(scene: Scene) -> None:
    asked = scene.ask(scene.as_(OUTSIDER))
    path = f"{scene.path}/join-requests/{asked['id']}/decision"
    scene.owner.post(path, {"approve": True}, status=200)


def keep_no_longer(scene: Scene) -> None:
    scene.member.put(scene.message(3, "/reactions/ok"))
    scene.owner.post(scene.message(1, "/recall"), status=200)
    rule = {"name": "期限", "keep_days": 1, "message_kinds": ["text"]}
    scene.as_("security_admin").post("/records/rules", rule)
    assert sweep_after(2) == 3
    say(scene.other, scene.made, "明白", reply_to_seq=3)


def add_a_bot(scene: Scene) -> None:
    scene.owner.post(f"{scene.path}/bots", {"name": "雨量"})


def change_the_bot(scene: Scene) -> None:
    path = f"{scene.path}/bots/{scene.bot['id']}"
    scene.owner.patch(path, {"name": "石塘水位", "description": "每十分钟"})
    scene.owner.post(f"{path}/secret", {"replaces": 1}, status=200)
    scene.owner.patch(path, {"enabled": False})


def remove_the_bot(scene: Scene) -> None:
    scene.owner.delete(f"{scene.path}/bots/{scene.bot['id']}")


def say_as_the_bot(scene: Scene) -> None:
    mentions = {"official_ids": [scene.ids(MEMBER)], "all": False}
    Program(scene.owner.app, scene.bot).say("@陈石塘 超警戒", mentions=mentions)


ACTS: list[tuple[str, Callable[[Scene], None]]] = [
    ("message.created", quote),
    ("message.created", call_people),
    ("message.created", call_all),
    ("message.created", call_an_audience),
    ("message.created", forward),
    ("message.created", say_as_the_bot),
    ("bots.updated", add_a_bot),
    ("bots.updated", change_the_bot),
    ("bots.updated", remove_the_bot),
    ("message.updated", edit),
    ("message.recalled", recall),
    ("message.recalled", recall_a_call),
    ("messages.removed", keep_no_longer),
    ("receipt.updated", read),
    ("conversation.updated", rename),
    ("conversation.updated", add),
    ("conversation.updated", promote),
    ("conversation.updated", put_out),
    ("conversation.removed", put_out),
    ("conversation.removed", leave),
    ("conversation.removed", dissolve),
    ("reactions.updated", react),
    ("pins.updated", pin),
    ("favourite.updated", save),
    ("my.updated", keep),
    ("draft.updated", draft),
    ("notifications.updated", notifications),
    ("notice.updated", put_notice),
    ("notice.updated", take_notice_away),
    ("join_request.updated", ask_to_join),
    ("join_request.updated", join),
]


@pytest.mark.parametrize(("type_", "act"), ACTS, ids=[act.__name__ for _type, act in ACTS])
def test_a_stale_state_and_its_events_make_the_fresh_state(
    as_: SignedIn,
    group: MakeGroup,
    listening: Listening,
    official_id: OfficialId,
    unit_id: Callable[[str], str],
    type_: str,
    act: Callable[[Scene], None],
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    scene = Scene(as_, official_id, made, unit_id("331081100"))
    replicas = [
        Replica(as_(who), listening(who), made["id"], official_id(who))
        for who in (OWNER, MEMBER, OTHER_MEMBER)
    ]
    # Two devices of one person keep the same state.
    replicas.append(Replica(as_(MEMBER), listening(MEMBER), made["id"], official_id(MEMBER)))
    stale = [replica.fetch() for replica in replicas]
    act(scene)
    for replica in replicas:
        assert replica.follow() == replica.fetch()
    assert [replica.known for replica in replicas] != stale
    assert any(type_ in replica.heard for replica in replicas)
