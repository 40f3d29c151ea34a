"""A conversation taken out: three formats that say what the API says, and nothing that acts."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from tests.conftest import SignedIn, Statements
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OWNER, MakeGroup, say
from tests.messaging.files.conftest import Upload, picture
from tests.messaging.files.test_rights import send
from tests.messaging.records.conftest import (
    REASON,
    SECURITY,
    Rule,
    archive_of,
    download,
    messages_of,
    order,
    sweep_after,
)
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import transaction
from zzd.messaging.files.storage import store
from zzd.messaging.models import Conversation, Message
from zzd.messaging.records import entries, exports, making, writers
from zzd.messaging.records.models import ConversationExport

OWN = {"client_id", "mentions_me", "favourite", "reactions"}
EXPORTED = {"original", "record", "files", "reactions", "discussion"}
EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("http://evil","点")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "＝1+1",
    "\t=1",
    "javascript:alert(1)",
    '甲,乙\n"丙"',
)


class Page(HTMLParser):
    """What stands in a page: its words, its tags, and what its attributes point to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def json_of(archive: ZipFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(archive.read("messages.json"))
    return found


def rows_of(archive: ZipFile) -> list[dict[str, str]]:
    text = archive.read("messages.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def page_of(archive: ZipFile, number: int = 1) -> Page:
    return Page(archive.read(f"messages-{number:04}.html").decode())


@pytest.fixture
def talk(
    as_: SignedIn, group: MakeGroup, upload: Upload, official_id: Callable[[str], str]
) -> dict[str, Any]:
    """A bit of everything."""
    made = group(MEMBER, OTHER_MEMBER)
    owner, member = as_(OWNER), as_(MEMBER)
    path = f"/conversations/{made['id']}"
    say(owner, made, "请@陈石塘回话", mentions={"official_ids": [official_id(MEMBER)]})
    say(member, made, "收到", reply_to_seq=1)
    owner.put(f"{path}/messages/2/reactions/ok")
    owner.put(f"{path}/pins/2")
    photo, note = upload(picture(), "险情 <1>.jpg"), upload(b"hello", "说明.txt")
    send(owner, made, photo["id"], note["id"], text="现场")
    say(member, made, "错话")
    member.post(f"{path}/messages/4/recall", status=200)
    say(member, made, "改前")
    member.patch(f"{path}/messages/5", {"text": "改后"})
    forwarded = {"kind": "forward", "content": {"conversation_id": made["id"], "seqs": [1, 3]}}
    owner.post(f"{path}/messages", forwarded)
    place = {"latitude": 28.3, "longitude": 121.3, "name": "石塘"}
    owner.post(f"{path}/messages", {"kind": "location", "content": place})
    owner.patch(path, {"name": "改了名"})
    return made


def test_json_says_what_the_api_says(as_: SignedIn, talk: dict[str, Any]) -> None:
    with archive_of(as_(OWNER), talk) as archive:
        told = json_of(archive)
    read = messages_of(as_(OWNER), talk)
    assert told["conversation"] == {"id": talk["id"], "kind": "group", "name": "改了名"}
    assert told["export"]["last_seq"] == len(read) == len(told["messages"])
    for entry, message in zip(told["messages"], read, strict=True):
        assert {k: v for k, v in entry.items() if k not in EXPORTED} == {
            k: v for k, v in message.items() if k not in OWN
        }
        assert entry["reactions"] == [
            {"key": each["key"], "count": each["count"]} for each in message["reactions"]
        ]
    record = told["messages"][5]["record"]
    path = f"/conversations/{talk['id']}/messages/6/record"
    shown = as_(OWNER).get(path)
    assert record["title"] == shown["title"]
    assert [item["text"] for item in record["items"]] == [i["text"] for i in shown["items"]]


def test_files_lie_beside_the_pages_that_show_them(as_: SignedIn, talk: dict[str, Any]) -> None:
    with archive_of(as_(OWNER), talk) as archive:
        told = json_of(archive)["messages"]
        for file in told[2]["files"] + told[5]["files"]:
            body = archive.read(file["path"])
            assert (len(body), sha256(body).hexdigest()) == (file["size"], file["sha256"])
        names = archive.namelist()
        assert len(names) == len(set(names))
        assert sum(name.startswith("files/") for name in names) == 2
        assert all(not set('<>:"\\|?*') & set(name) for name in names)
        page = page_of(archive)
        linked = {unquote(each) for each in page.addresses if each.startswith("files/")}
        assert linked == {name for name in names if name.startswith("files/")}
    with archive_of(as_(OWNER), talk, with_files=False) as archive:
        assert not [name for name in archive.namelist() if name.startswith("files/")]
        assert json_of(archive)["messages"][2]["files"][0]["path"] is None


def test_csv_and_html_say_the_same(as_: SignedIn, talk: dict[str, Any]) -> None:
    with archive_of(as_(OWNER), talk) as archive:
        told, rows, page = json_of(archive)["messages"], rows_of(archive), page_of(archive)
        cover = archive.read("index.html").decode()
    assert [row["text"] for row in rows] == [entry["text"] or "" for entry in told]
    assert [row["created_at"] for row in rows] == [entry["created_at"] for entry in told]
    assert [row["sender"] for row in rows] == [entry["sender"]["name"] for entry in told]
    assert rows[3]["recalled_by"] == "陈石塘"
    assert page.tags.count("article") == len(told)
    words = "".join(page.words)
    for entry in told:
        if entry["text"] and entry["kind"] != "notice":
            assert entry["text"] in words
    assert "错话" not in words
    assert "改前" not in words
    assert REASON in cover


@pytest.mark.parametrize("text", EVIL)
def test_words_are_never_carried_out(as_: SignedIn, group: MakeGroup, text: str) -> None:
    made = group(MEMBER, name=text.replace("\n", " ").strip())
    say(as_(OWNER), made, text)
    with archive_of(as_(OWNER), made, reason=text) as archive:
        assert json_of(archive)["messages"][0]["text"] == text
        row, page = rows_of(archive)[0], page_of(archive)
        cover = Page(archive.read("index.html").decode())
    assert row["text"].removeprefix("'") == text
    assert row["text"][0] not in "=+-@\t\r＝＋－＠"
    for shown in (page, cover):
        assert text.strip() in "".join(shown.words)
        assert not set(shown.tags) & {"script", "img", "iframe", "object", "svg"}
        assert shown.handlers == []
        assert all(
            address.startswith(("index.html", "messages-", "#m")) for address in shown.addresses
        )


def test_a_file_of_an_evil_name_stays_in_its_folder(
    as_: SignedIn, group: MakeGroup, upload: Upload
) -> None:
    made = group(MEMBER)
    file = upload(b"x", "..a\"><b>'|c?.txt")
    send(as_(OWNER), made, file["id"])
    with archive_of(as_(OWNER), made) as archive:
        (path,) = [name for name in archive.namelist() if name.startswith("files/")]
        assert path.count("/") == 1
        assert not set('<>:"\\|?*') & set(path)
        # The sender alone is in bold.
        assert page_of(archive).tags.count("b") == 1


def test_it_ends_at_the_message_that_was_last_when_it_was_ordered(
    as_: SignedIn, group: MakeGroup
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "之前")
    ordered = order(as_(OWNER), made)
    say(as_(OWNER), made, "之后")
    making.make_due()
    with download(as_(OWNER), ordered["id"]) as archive:
        assert [entry["text"] for entry in json_of(archive)["messages"]] == ["之前"]


def test_who_came_later_takes_out_what_they_may_see(
    as_: SignedIn, group: MakeGroup, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    say(as_(OWNER), made, "来之前")
    as_(OWNER).post(f"{path}/members", {"official_ids": [official_id(OTHER_MEMBER)]}, status=200)
    as_(OWNER).patch(f"{path}/members/{official_id(OTHER_MEMBER)}", {"role": "admin"})
    with archive_of(as_(OTHER_MEMBER), made) as archive:
        assert "来之前" not in archive.read("messages.json").decode()
    with archive_of(as_(SECURITY), made) as archive:
        assert "来之前" in archive.read("messages.json").decode()


def test_what_was_removed_is_told_as_removed(as_: SignedIn, group: MakeGroup, rule: Rule) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "旧事")
    rule(1)
    sweep_after(2)
    with archive_of(as_(SECURITY), made) as archive:
        (entry,) = json_of(archive)["messages"]
        assert (entry["text"], entry["original"]) == (None, None)
        assert entry["removed_at"]
        assert "已按保存期限清除" in page_of(archive).words


def test_every_step_is_audited_with_its_digest(
    as_: SignedIn, group: MakeGroup, session: Session
) -> None:
    made = group(MEMBER)
    ordered = order(as_(SECURITY), made)
    making.make_due()
    link = as_(SECURITY).post(f"/records/exports/{ordered['id']}/links", status=200)
    body = as_(SECURITY).request("GET", link["url"].removeprefix("/api/v1")).data
    as_(SECURITY).delete(f"/records/exports/{ordered['id']}")
    entries_ = session.scalars(
        select(AuditEntry).where(AuditEntry.action.startswith("export.")).order_by(AuditEntry.id)
    ).all()
    assert [(entry.action, entry.username) for entry in entries_] == [
        ("export.order", SECURITY),
        ("export.make", None),
        ("export.download", SECURITY),
        ("export.throw_away", SECURITY),
    ]
    assert {entry.detail["reason"] for entry in entries_} == {REASON}
    digest = sha256(body).hexdigest()
    assert [entry.detail["sha256"] for entry in entries_] == [None, digest, digest, digest]


def test_the_manifest_has_the_digest_of_each_part(as_: SignedIn, talk: dict[str, Any]) -> None:
    with archive_of(as_(OWNER), talk) as archive:
        parts = json.loads(archive.read("manifest.json"))["parts"]
        assert {"messages.json", "messages.csv", "index.html", "messages-0001.html"} == set(parts)
        for name, part in parts.items():
            assert sha256(archive.read(name)).hexdigest() == part["sha256"]


def test_after_its_days_the_archive_is_gone(
    as_: SignedIn, group: MakeGroup, session: Session
) -> None:
    made = group(MEMBER)
    ordered = order(as_(OWNER), made)
    making.make_due()
    key = session.scalar(select(ConversationExport.key))
    session.rollback()
    assert key is not None
    with clock.at(clock.now() + timedelta(days=6)):
        assert exports.expire_due() == 0
    with clock.at(clock.now() + timedelta(days=8)):
        assert as_(OWNER).get(f"/records/exports/{ordered['id']}")["state"] == "expired"
        as_(OWNER).post(f"/records/exports/{ordered['id']}/links", status=409)
        assert exports.expire_due() == 1
    with pytest.raises(Exception, match=key):
        next(iter(store().read(key, 0, 1)))


def test_what_is_thrown_away_is_deleted_even_while_it_is_made(
    as_: SignedIn, group: MakeGroup, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    ordered = order(as_(OWNER), made)
    path = f"/records/exports/{ordered['id']}"
    digest = making._digest

    def throw_away_meanwhile(file: Any) -> str:
        as_(OWNER).delete(path)
        return digest(file)

    monkeypatch.setattr(making, "_digest", throw_away_meanwhile)
    assert making.make_due() == 0
    assert as_(OWNER).get(path)["state"] == "expired"
    exports.expire_due()
    root = app.extensions["zzd.settings"].files_root / "exports"
    assert not [each for each in root.rglob("*") if each.is_file()]


def test_a_maker_that_dies_is_followed_by_another_and_three_deaths_are_the_end(
    as_: SignedIn, group: MakeGroup, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    made = group(MEMBER)
    for _ in range(5):
        say(as_(OWNER), made)
    ordered = order(as_(OWNER), made)
    path = f"/records/exports/{ordered['id']}"

    class Killed(BaseException):
        pass

    def die(*_args: object) -> None:
        raise Killed

    monkeypatch.setattr(writers.CsvWriter, "write", die)
    start = clock.now()
    for minutes in (0, 3, 6):
        with clock.at(start + timedelta(minutes=minutes)):
            with pytest.raises(Killed):
                making.make_due()
            assert as_(OWNER).get(path)["state"] == "running"
            # It may live yet.
            assert making.make_due() == 0
        if minutes == 3:
            monkeypatch.undo()
            with clock.at(start + timedelta(minutes=6)):
                assert making.make_due() == 1
            break
    assert as_(OWNER).get(path)["state"] == "ready"
    with download(as_(OWNER), ordered["id"]) as archive:
        assert len(json_of(archive)["messages"]) == 5

    second = order(as_(OWNER), made)
    monkeypatch.setattr(writers.CsvWriter, "write", lambda *_: 1 / 0)
    for _ in range(3):
        assert making.make_due() == 0
    assert as_(OWNER).get(f"/records/exports/{second['id']}")["state"] == "failed"


def test_progress_is_told_batch_by_batch(
    as_: SignedIn, group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "BATCH", 2)
    monkeypatch.setattr(making, "NOTE_EVERY", 0)
    made = group(MEMBER)
    for _ in range(5):
        say(as_(OWNER), made)
    ordered = order(as_(OWNER), made)
    path = f"/records/exports/{ordered['id']}"
    assert (ordered["state"], ordered["done"], ordered["total"]) == ("waiting", 0, 5)
    seen = []
    note = making._note

    def look(export: ConversationExport, **values: Any) -> None:
        note(export, **values)
        seen.append(as_(OWNER).get(path)["done"])

    monkeypatch.setattr(making, "_note", look)
    assert making.make_due() == 1
    assert seen == [2, 4, 5, 5]


def test_a_repeat_is_the_same_export_and_too_many_at_once_are_refused(
    as_: SignedIn, group: MakeGroup
) -> None:
    made = group(MEMBER)
    first = order(as_(OWNER), made, client_id="a")
    body = {"conversation_id": made["id"], "reason": REASON, "client_id": "a"}
    assert as_(OWNER).post("/records/exports", body, status=200) == first
    as_(OWNER).post("/records/exports", {**body, "reason": "别的"}, status=409)
    for _ in range(4):
        order(as_(OWNER), made)
    refused = as_(OWNER).post("/records/exports", {**body, "client_id": "b"}, status=409)
    assert refused["code"] == "too_many_exports"


def fill(conversation: dict[str, Any], count: int) -> None:
    """So many messages, written past the API."""
    now = clock.now()
    place = int(conversation["id"])
    with transaction() as session:
        rows = [
            {
                "conversation_id": place,
                "seq": seq,
                "sender_id": 1,
                "client_id": f"fill-{place}-{seq}",
                "fingerprint": "",
                "sender_name": "甲",
                "sender_title": "值班员",
                "sender_unit": "石塘镇",
                "kind": "text",
                "text": "今晚八点前报送转移人数" * 10,
                "created_at": now,
            }
            for seq in range(1, count + 1)
        ]
        for start in range(0, count, 1000):
            session.execute(insert(Message), rows[start : start + 1000])
        session.execute(update(Conversation).where(Conversation.id == place).values(last_seq=count))


def test_memory_and_statements_do_not_grow_with_the_conversation(
    as_: SignedIn, group: MakeGroup, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "NOTE_EVERY", 0)
    peaks, costs = [], []
    for batches in (5, 25):
        made = group(MEMBER)
        fill(made, batches * entries.BATCH)
        order(as_(OWNER), made)
        tracemalloc.start()
        with statements() as seen:
            assert making.make_due() == 1
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        costs.append(len(seen) - batches * 6)
    assert costs[0] == costs[1]
    # Two thousand more messages, held in memory, would be three times as much.
    assert peaks[1] - peaks[0] < 2 * 1024 * 1024
