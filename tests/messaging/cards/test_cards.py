"""Cards: who sends, sees and replaces them, and what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn, Statements
from tests.messaging.cards.conftest import CONTENT, Send, Shelters, content, press
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OUTSIDER, OWNER, MakeGroup
from tests.messaging.search.conftest import look_for
from tests.miniapps.conftest import MANIFEST_2, Publish, asking
from zzd.messaging.search.following import follow


def messages_of(client: ApiClient, card: dict[str, Any]) -> Any:
    return client.get(f"/conversations/{card['conversation_id']}/messages")["items"]


def card_path(card: dict[str, Any], key: str = "shelter-17") -> str:
    return f"/conversations/{card['conversation_id']}/cards/{key}"


def test_everybody_in_the_conversation_sees_the_card(send: Send, as_: SignedIn) -> None:
    card = send()
    assert (card["key"], card["version"], card["recalled_at"]) == ("shelter-17", 1, None)
    (message,) = messages_of(as_(OTHER_MEMBER), card)
    assert (message["kind"], message["text"]) == ("card", "安置点将满")
    assert message["sender"]["name"] == "陈石塘"
    shown = message["content"]
    assert shown == card["content"]
    assert shown["app"]["app_id"] == "cn.zj.shelters"
    assert shown["app"]["name"]["zh"] == "安置点登记"
    assert "key" not in shown
    assert {name: shown[name] for name in ("title", "text", "status", "fields")} == {
        name: CONTENT[name] for name in ("title", "text", "status", "fields")
    }
    assert shown["buttons"][1] == {**CONTENT["buttons"][1], "style": "default"}


def test_a_card_is_sent_once_under_its_client_id_and_its_key(
    send: Send, acting: ApiClient, made: dict[str, Any]
) -> None:
    first = send(client_id="a")
    path = f"/conversations/{made['id']}/cards"
    body = {**content(), "key": "shelter-17", "client_id": "a"}
    assert acting.post(path, body, status=200) == first
    other = acting.post(path, {**body, "title": "已满"}, status=409)
    assert other["code"] == "idempotency_conflict"
    again = acting.post(path, {**body, "client_id": "b"}, status=409)
    assert again["code"] == "card_key_taken"
    assert send(key=None)["seq"] == 2
    assert send(key=None)["seq"] == 3


def test_a_key_is_an_apps_own_and_of_one_conversation(
    send: Send, acting: ApiClient, group: MakeGroup, publish: Publish, as_: SignedIn
) -> None:
    card = send()
    elsewhere = group(MEMBER)
    acting.post(f"/conversations/{elsewhere['id']}/cards", {**content(), "key": "shelter-17"})
    other = publish(id="cn.zj.other", scopes=[{"name": "cards.send", "reason": "x"}]).open(
        as_(MEMBER)
    )
    other.get(card_path(card), status=404)
    other.put(card_path(card), content(buttons=[]), status=404)
    own = other.post(
        f"/conversations/{card['conversation_id']}/cards",
        {**content(buttons=[]), "key": "shelter-17"},
    )
    assert own["seq"] == 2
    other.put(card_path(card), content(title="别的", buttons=[]))
    assert acting.get(card_path(card))["content"]["title"] == "安置点将满"


def test_another_official_of_the_app_replaces_the_card(
    send: Send, shelters: Shelters, as_: SignedIn
) -> None:
    card = send()
    other = shelters.server.open(as_(OTHER_MEMBER))
    replaced = other.put(card_path(card), content(title="安置点已满", buttons=[]))
    assert (replaced["seq"], replaced["version"]) == (1, 2)
    (message,) = messages_of(as_(OWNER), card)
    assert (message["text"], message["content"]["version"]) == ("安置点已满", 2)
    assert message["sender"]["name"] == "陈石塘"
    assert message["edited_at"] is None
    shelters.server.open(as_("331081.duty_officer")).put(
        card_path(card), content(buttons=[]), status=404
    )


def test_the_same_content_again_changes_nothing(send: Send, acting: ApiClient) -> None:
    card = send()
    assert acting.put(card_path(card), CONTENT) == card
    changed = acting.put(card_path(card), content(text="又来了 20 人"))
    assert changed["version"] == 2
    assert acting.put(card_path(card), content(text="又来了 20 人")) == changed
    acting.put(card_path(card, "unknown"), CONTENT, status=404)


def test_replacements_at_one_moment_follow_each_other(
    app: Flask, send: Send, acting: ApiClient, as_: SignedIn
) -> None:
    card = send()

    def replace(number: int) -> int:
        with app.app_context():
            client = ApiClient(app, token=acting.token)
            version: int = client.put(card_path(card), content(text=str(number)))["version"]
            return version

    with ThreadPoolExecutor(6) as pool:
        versions = list(pool.map(replace, range(12)))
    assert sorted(versions) == list(range(2, 14))
    (message,) = messages_of(as_(OWNER), card)
    assert message["content"]["version"] == 13
    assert message["content"]["text"] == str(versions.index(13))


def test_only_apps_with_the_scope_send_cards(
    made: dict[str, Any], as_: SignedIn, publish: Publish
) -> None:
    path = f"/conversations/{made['id']}/cards"
    as_(MEMBER).post(path, content(), status=403)
    may_send = publish(scopes=[{"name": "messages.send", "reason": "x"}]).open(as_(MEMBER))
    may_send.post(path, content(buttons=[]), status=403)
    for client in (as_(MEMBER), may_send):
        body = {"kind": "card", "content": CONTENT}
        answer = client.post(f"/conversations/{made['id']}/messages", body, status=422)
        assert answer["errors"][0]["pointer"] == "/kind"


def test_an_app_sends_where_its_official_may(
    shelters: Shelters, made: dict[str, Any], as_: SignedIn, addressed: MakeGroup
) -> None:
    outside = shelters.server.open(as_("331081.duty_officer"))
    outside.post(f"/conversations/{made['id']}/cards", content(), status=404)
    announcements = addressed("announcement", "3310")
    member = shelters.server.open(as_(MEMBER))
    member.post(f"/conversations/{announcements['id']}/cards", content(), status=403)


def test_buttons_need_somebody_who_hears_them(
    made: dict[str, Any], as_: SignedIn, publish: Publish, developer: ApiClient
) -> None:
    server = publish(
        id="cn.zj.deaf",
        scopes=[{"name": "cards.send", "reason": "x"}],
        callback_url="https://deaf.example.cn/cards",
    )
    acting = server.open(as_(MEMBER))
    path = f"/conversations/{made['id']}/cards"
    answer = acting.post(path, content(), status=422)
    assert answer["errors"][0]["pointer"] == "/buttons/0/action"
    developer.post(f"/miniapps/{server.id}/callback-secret")
    acting.post(path, content())


def test_a_button_that_the_manifest_does_not_name_is_refused(
    made: dict[str, Any], as_: SignedIn, publish: Publish, developer: ApiClient
) -> None:
    server = publish(
        **{**MANIFEST_2, "icon": None, "scopes": asking("cards.send"), "buttons": ["seen"]},
        callback_url="https://shelters.example.cn/cards",
    )
    developer.post(f"/miniapps/{server.id}/callback-secret")
    acting, path = server.open(as_(MEMBER)), f"/conversations/{made['id']}/cards"
    acting.post(path, content())
    buttons = [*content()["buttons"], {"id": "close", "text": "停止", "action": "close:17"}]
    answer = acting.post(path, content(buttons=buttons), status=422)
    assert answer["errors"][0]["pointer"] == "/buttons/2/action"


HIDDEN = "\u202e"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "字" * 101}, "/title"),
        ({"title": f"安置{HIDDEN}点"}, "/title"),
        ({"title": "两\n行"}, "/title"),
        ({"text": "字" * 1001}, "/text"),
        ({"text": f"a{HIDDEN}b"}, "/text"),
        ({"text": "\x00"}, "/text"),
        ({"status": {"text": "字" * 21}}, "/status/text"),
        ({"status": {"text": "好", "tone": "pink"}}, "/status/tone"),
        ({"status": "好"}, "/status"),
        ({"fields": [{"label": "a", "value": "b"}] * 21}, "/fields"),
        ({"fields": [{"label": "a"}]}, "/fields/0/value"),
        ({"fields": [{"label": "a", "value": HIDDEN}]}, "/fields/0/value"),
        ({"fields": [{"label": "a", "value": 7}]}, "/fields/0/value"),
        ({"fields": {}}, "/fields"),
        ({"buttons": [{"id": f"b{n}", "text": "x", "action": "x"} for n in range(7)]}, "/buttons"),
        ({"buttons": [{"id": "a", "text": "x"}]}, "/buttons/0/action"),
        (
            {"buttons": [{"id": "a", "text": "x", "action": "x", "url": "https://a.cn"}]},
            "/buttons/0/action",
        ),
        ({"buttons": [{"id": "A b", "text": "x", "action": "x"}]}, "/buttons/0/id"),
        ({"buttons": [{"id": "a", "text": "x", "action": "x"}] * 2}, "/buttons/1/id"),
        ({"buttons": [{"id": "a", "text": "x", "url": "javascript:alert(1)"}]}, "/buttons/0/url"),
        ({"buttons": [{"id": "a", "text": "x", "url": "http://a.cn/"}]}, "/buttons/0/url"),
        ({"buttons": [{"id": "a", "text": "x", "url": "https://a\u202e.cn"}]}, "/buttons/0/url"),
        ({"buttons": [{"id": "a", "text": "x", "action": "x", "style": "y"}]}, "/buttons/0/style"),
        ({"key": "a b"}, "/key"),
        ({"key": "k" * 65}, "/key"),
        ({"client_id": "c" * 65}, "/client_id"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_bad_input_is_named(
    acting: ApiClient, made: dict[str, Any], changes: dict[str, Any], pointer: str
) -> None:
    body = {**content(), "key": "k", **changes}
    answer = acting.post(f"/conversations/{made['id']}/cards", body, status=422)
    assert [error["pointer"] for error in answer["errors"]] == [pointer]


def test_a_recalled_card_is_seen_by_nobody_and_not_replaced(
    send: Send, acting: ApiClient, as_: SignedIn
) -> None:
    card = send()
    as_(OWNER).post(f"/conversations/{card['conversation_id']}/messages/1/recall", status=200)
    assert messages_of(as_(OTHER_MEMBER), card)[0]["content"] is None
    assert acting.get(card_path(card))["content"] is None
    assert acting.put(card_path(card), content(text="x"), status=409)["code"] == "message_recalled"
    assert press(as_(OTHER_MEMBER), card, status=409)["code"] == "message_recalled"


def test_a_card_is_not_edited_but_quoted_by_its_title(
    send: Send, acting: ApiClient, as_: SignedIn
) -> None:
    card = send()
    path = f"/conversations/{card['conversation_id']}/messages"
    as_(MEMBER).patch(f"{path}/1", {"text": "x"}, status=409)
    reply = as_(OWNER).post(path, {"text": "收到", "reply_to_seq": 1})
    assert (reply["reply_to"]["kind"], reply["reply_to"]["text"]) == ("card", "安置点将满")
    acting.put(card_path(card), content(title="安置点已满"))
    assert messages_of(as_(OWNER), card)[1]["reply_to"]["text"] == "安置点已满"


@pytest.mark.parametrize("how", ["singly", "merged"])
def test_a_forwarded_card_has_no_live_buttons(
    send: Send, acting: ApiClient, as_: SignedIn, group: MakeGroup, how: str
) -> None:
    card = send()
    elsewhere = group(OUTSIDER)
    path = f"/conversations/{elsewhere['id']}"
    asked = {"conversation_id": card["conversation_id"], "seqs": [1]}
    if how == "singly":
        (copy,) = as_(OWNER).post(f"{path}/forwards", asked)["items"]
        answer = press(as_(OUTSIDER), copy, status=409)
        assert answer["code"] == "card_not_live"
    else:
        as_(OWNER).post(f"{path}/messages", {"kind": "forward", "content": asked})
        (copy,) = as_(OUTSIDER).get(f"{path}/messages/1/record")["items"]
    assert [button["id"] for button in copy["content"]["buttons"]] == ["open"]
    acting.put(card_path(card), content(title="安置点已满"))
    if how == "singly":
        assert as_(OUTSIDER).get(f"{path}/messages/1")["text"] == "安置点将满"


def test_a_card_is_found_by_its_fields_and_by_what_they_become(
    send: Send, acting: ApiClient, as_: SignedIn
) -> None:
    card = send()
    follow()

    def hits(words: str, **more: Any) -> int:
        return len(look_for(as_(OTHER_MEMBER), words, "messages", **more)["items"])

    assert [hits("将满"), hits("已安置"), hits("石塘镇中心小学"), hits("转移")] == [1, 1, 1, 0]
    assert [hits("安置", kind="card"), hits("安置", kind="text")] == [1, 0]
    acting.put(card_path(card), content(fields=[{"label": "已转移", "value": "12 人"}]))
    follow()
    assert [hits("已安置"), hits("转移")] == [0, 1]


def test_an_outsider_gets_nothing(send: Send, as_: SignedIn) -> None:
    card = send()
    press(as_(OUTSIDER), card, status=404)
    as_(OUTSIDER).get(f"/conversations/{card['conversation_id']}/card-actions", status=404)


@pytest.mark.parametrize("heard", [0, 1])
def test_what_a_card_costs_in_statements(
    send: Send, statements: Statements, engine_kind: str, heard: int
) -> None:
    """Who calls and acts for whom; the number with the right to it and the cursor; the card with
    its message; the event. One more where it has buttons that the app is to hear."""
    more = {} if heard else {"buttons": [CONTENT["buttons"][1]]}
    send(key=None, **more)
    with statements() as seen:
        send(key="shelter-18", **more)
    assert len(seen) == (4 if engine_kind == "postgresql" else 6) + heard, seen
