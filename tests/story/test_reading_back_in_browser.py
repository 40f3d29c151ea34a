"""A long conversation at the screen: a search leads far back, and from there both ways."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import create_engine, insert, select, update

from tests.servers import wait_until
from tests.story.browser import DESKTOP, Screen, on_two_servers
from tests.story.conftest import Stage
from zzd.messaging.models import Conversation, Message, Participation

LONG = 1_200
FAR_BACK = 400
PAGE = 40


@pytest.mark.timeout(300)
@on_two_servers
def test_a_search_leads_far_back_and_what_comes_meanwhile_does_not_move_the_reader(
    stage: Stage, browser: Browser
) -> None:
    sender, reader = stage.person("province"), stage.person("county")
    chat = sender.post(
        "/conversations", {"kind": "group", "name": "水位群", "official_ids": [reader.id]}
    )
    say(sender, chat["id"], "开始值守")
    talk_on(stage.environment["ZZD_DATABASE_URL"], int(chat["id"]))
    wait_until(lambda: found(reader), 20, "the message is found")

    desk = Screen(browser, stage.servers[-1].url, stage.accounts["county"], DESKTOP)
    desk.sign_in()
    desk.click("quick-search-open")
    desk.fill("quick-search", "青龙坝管涌")
    desk.at("quick-hit").first.click()
    hit = row(desk, FAR_BACK)
    expect(hit).to_be_in_viewport()
    for neighbour in (FAR_BACK - 1, FAR_BACK + 1):
        expect(row(desk, neighbour)).to_be_in_viewport()

    place = hit.bounding_box()
    say(sender, chat["id"], "水位回落")
    expect(desk.at("conversation-item").filter(has_text="水位回落")).to_be_visible()
    assert hit.bounding_box() == place
    expect(row(desk, LONG + 1)).to_have_count(0)

    scroll_to(desk, "0")
    expect(row(desk, FAR_BACK - PAGE)).to_have_count(1)
    scroll_to(desk, "list.scrollHeight")
    expect(row(desk, FAR_BACK + PAGE)).to_have_count(1)
    desk.click("chat-jump")
    expect(row(desk, LONG + 1)).to_be_in_viewport()
    expect(hit).to_have_count(0)
    say(sender, chat["id"], "险情解除")
    expect(row(desk, LONG + 2)).to_be_in_viewport()
    assert desk.faults == []
    desk.close()


def row(screen: Screen, seq: int) -> Any:
    return screen.page.locator(f'[data-testid="message-row"][data-seq="{seq}"]')


def scroll_to(screen: Screen, top: str) -> None:
    screen.at("message-list").evaluate(f"list => {{ list.scrollTop = {top} }}")


def found(person: Any) -> bool:
    answer = person.get("/search", q="青龙坝管涌", **{"in": "messages"})
    return bool(answer["messages"]["items"])


def say(person: Any, conversation_id: str, text: str) -> None:
    person.post(f"/conversations/{conversation_id}/messages", {"text": text})


def talk_on(database_url: str, conversation_id: int) -> None:
    """Months of words, read by all; one of them is worth looking for."""
    engine = create_engine(database_url)
    table: Any = Message.__table__
    with engine.begin() as connection:
        of_it = Message.conversation_id == conversation_id
        first = connection.execute(select(table).where(of_it, Message.kind == "text")).one()
        usual = {name: value for name, value in first._mapping.items() if name != "id"}
        usual = {name: value for name, value in usual.items() if value is not None}
        words = {seq: f"第 {seq} 次报水位" for seq in range(2, LONG + 1)}
        words[FAR_BACK] = "青龙坝管涌，请求增援"
        connection.execute(
            insert(table),
            [
                {**usual, "seq": seq, "text": text, "client_id": uuid.uuid4().hex}
                for seq, text in words.items()
            ],
        )
        for changed, is_it in (
            (update(Conversation).values(last_seq=LONG), Conversation.id == conversation_id),
            (
                update(Participation).values(read_seq=LONG),
                Participation.conversation_id == conversation_id,
            ),
        ):
            connection.execute(changed.where(is_it))
    engine.dispose()
