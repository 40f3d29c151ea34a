"""Who may have a file: its uploader until it is sent, then whoever may see the message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    PROVINCE,
    MakeGroup,
)
from tests.messaging.files.conftest import Upload, content, picture, throw_away
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import transaction
from zzd.messaging import kinds
from zzd.messaging.files import collection, forget_message_files
from zzd.messaging.files.models import Blob, File, MessageFile
from zzd.messaging.written import write_along

Statements = Callable[[], Any]


def send(client: ApiClient, conversation: dict[str, Any], *ids: str, **more: Any) -> dict[str, Any]:
    body = {"kind": "file", "content": {"files": [{"id": each} for each in ids]}, **more}
    sent: dict[str, Any] = client.post(f"/conversations/{conversation['id']}/messages", body)
    return sent


def link_to(client: ApiClient, file_id: str, **more: Any) -> str:
    made = client.post("/files/links", {"items": [{"file_id": file_id, **more}]}, status=200)
    url: str = made["items"][0]["url"]
    return url.removeprefix("/api/v1")


@pytest.fixture
def sent(as_: SignedIn, group: MakeGroup, upload: Upload) -> tuple[dict[str, Any], dict[str, Any]]:
    """A picture in a group of owner and member."""
    made, file = group(MEMBER), upload(picture(), "险情.jpg")
    send(as_(OWNER), made, file["id"])
    return made, file


def test_whoever_sees_the_message_has_the_file_and_nobody_else(
    as_: SignedIn, sent: tuple[dict[str, Any], dict[str, Any]], session: Session
) -> None:
    _, file = sent
    for username in (OWNER, MEMBER):
        assert as_(username).get(f"/files/{file['id']}")["name"] == "险情.jpg"
        assert content(as_(username), file["id"], "?variant=small").status_code == 200
    for username in (OUTSIDER, OTHER_MEMBER, PROVINCE):
        as_(username).get(f"/files/{file['id']}", status=404)
        assert content(as_(username), file["id"]).status_code == 404
        body = {"items": [{"file_id": file["id"]}]}
        as_(username).post("/files/links", body, status=404)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "file.read")).all()
    assert len(entries) == 9
    assert {entry.object_id for entry in entries} == {file["id"]}
    # What is absent and what is not for me answer alike.
    absent = as_(OUTSIDER).get("/files/999", status=404)
    hidden = as_(OUTSIDER).get(f"/files/{file['id']}", status=404)
    assert {**absent, "instance": ""} == {**hidden, "instance": ""}


def test_recall_takes_the_file_away_from_everybody(as_: SignedIn, sent: Any) -> None:
    made, file = sent
    link = link_to(as_(MEMBER), file["id"])
    recalled = as_(OWNER).post(f"/conversations/{made['id']}/messages/1/recall", status=200)
    assert recalled["content"] is None
    for username in (OWNER, MEMBER):
        assert content(as_(username), file["id"]).status_code == 404
    assert as_(MEMBER).request("GET", link).status_code == 404


def test_who_leaves_has_the_file_no_more_and_who_comes_later_has_not(
    as_: SignedIn, sent: Any, official_id: Callable[[str], str]
) -> None:
    made, file = sent
    members = f"/conversations/{made['id']}/members"
    as_(OWNER).post(members, {"official_ids": [official_id(OTHER_MEMBER)]}, status=200)
    assert content(as_(OTHER_MEMBER), file["id"]).status_code == 404
    as_(OWNER).delete(f"{members}/{official_id(MEMBER)}")
    assert content(as_(MEMBER), file["id"]).status_code == 404


def test_an_unsent_file_is_its_uploaders_alone(as_: SignedIn, upload: Upload, group: Any) -> None:
    file, made = upload(b"hello"), group(MEMBER)
    assert content(as_(OWNER), file["id"]).status_code == 200
    assert content(as_(MEMBER), file["id"]).status_code == 404
    body = {"kind": "file", "content": {"files": [{"id": file["id"]}]}}
    refused = as_(MEMBER).post(f"/conversations/{made['id']}/messages", body, status=422)
    assert refused["errors"][0]["pointer"] == "/content/files/0/id"


def test_an_announcement_brings_its_files_to_its_audience(
    as_: SignedIn, addressed: MakeGroup, upload: Upload
) -> None:
    made = addressed("announcement", "331081", by=CITY)
    file = upload(b"hello", by=CITY)
    send(as_(CITY), made, file["id"])
    for username in (CITY, OWNER, MEMBER):
        assert content(as_(username), file["id"]).status_code == 200
    # Whoever may address the audience enters its announcements, files included.
    assert as_(PROVINCE).get(f"/conversations/{made['id']}")
    assert content(as_(PROVINCE), file["id"]).status_code == 200
    assert content(as_(OUTSIDER), file["id"]).status_code == 404


def test_an_org_group_brings_its_files_to_its_audience(
    as_: SignedIn, addressed: MakeGroup, upload: Upload
) -> None:
    made = addressed("org_group", "331081", by=CITY)
    file = upload(b"hello", by=OWNER)
    send(as_(OWNER), made, file["id"])
    for username in (CITY, OWNER, MEMBER):
        assert content(as_(username), file["id"]).status_code == 200
    for username in (OUTSIDER, PROVINCE):
        assert content(as_(username), file["id"]).status_code == 404


def test_a_file_that_one_sees_can_be_sent_on(as_: SignedIn, sent: Any, group: MakeGroup) -> None:
    first, file = sent
    second = group(OTHER_MEMBER, by=MEMBER)
    send(as_(MEMBER), second, file["id"])
    assert content(as_(OTHER_MEMBER), file["id"]).status_code == 200
    as_(OWNER).post(f"/conversations/{first['id']}/messages/1/recall", status=200)
    # It is in another conversation now, and was that one's to recall.
    assert content(as_(OTHER_MEMBER), file["id"]).status_code == 200
    assert content(as_(OWNER), file["id"]).status_code == 404


def test_a_copied_content_brings_its_files_along(
    as_: SignedIn, sent: Any, group: MakeGroup
) -> None:
    """As forwarding does it: the content as kept, in another message."""
    first, file = sent
    second = group(OTHER_MEMBER, by=MEMBER)
    as_(MEMBER).post(f"/conversations/{second['id']}/messages", {"text": "转发"})
    kept = as_(MEMBER).get(f"/conversations/{first['id']}/messages")["items"][0]["content"]
    with transaction() as session:
        write_along(session, int(second["id"]), 1, kinds.keep_content(session, "file", kept))
    assert content(as_(OTHER_MEMBER), file["id"]).status_code == 200


def test_links_work_without_a_header_for_their_time(
    as_: SignedIn, anonymous: ApiClient, sent: Any
) -> None:
    _, file = sent
    url = link_to(as_(MEMBER), file["id"], variant="small")
    answer = anonymous.request("GET", url)
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    saved = anonymous.request("GET", link_to(as_(MEMBER), file["id"], download=True))
    assert saved.headers["Content-Disposition"].startswith("attachment")
    with clock.at(clock.now() + timedelta(minutes=5, seconds=1)):
        late = anonymous.request("GET", url)
    assert (late.status_code, late.get_json()["code"]) == (403, "link_invalid")


def test_a_changed_link_is_refused(as_: SignedIn, anonymous: ApiClient, sent: Any) -> None:
    url = link_to(as_(MEMBER), sent[1]["id"])
    said, seal = url.rsplit("/", 1)[1].split(".")
    other = link_to(as_(OWNER), sent[1]["id"]).rsplit("/", 1)[1].split(".")[1]
    flipped = ("B" if said[0] == "A" else "A") + said[1:]
    for token in (
        f"{flipped}.{seal}",
        f"{said}.{other}",
        f"{said}.",
        said,
        ".",
        "一.二",
        "a" * 999,
    ):
        answer = anonymous.request("GET", f"/files/links/{token}")
        assert (answer.status_code, answer.get_json()["code"]) == (403, "link_invalid"), token


def test_a_link_ends_with_its_session_and_with_the_right(
    app: Flask,
    as_: SignedIn,
    anonymous: ApiClient,
    sent: Any,
    official_id: Callable[[str], str],
    session: Session,
) -> None:
    made, file = sent
    url = link_to(as_(MEMBER), file["id"])
    assert anonymous.request("GET", url).status_code == 200
    as_(OWNER).delete(f"/conversations/{made['id']}/members/{official_id(MEMBER)}")
    assert anonymous.request("GET", url).status_code == 404
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "file.read")).one()
    assert entry.username == MEMBER
    url = link_to(as_(OWNER), file["id"])
    as_(OWNER).delete("/sessions/current")
    ended = anonymous.request("GET", url)
    assert (ended.status_code, ended.get_json()["code"]) == (403, "link_invalid")


def test_the_same_content_is_kept_once_and_nobody_is_told(
    app: Flask, as_: SignedIn, upload: Upload, session: Session
) -> None:
    body = picture()
    first, second = upload(body, "一.jpg", by=OWNER), upload(body, "二.jpg", by=OUTSIDER)
    assert first["id"] != second["id"]
    assert {**first, "id": 0, "name": 0, "created_at": 0} == {
        **second,
        "id": 0,
        "name": 0,
        "created_at": 0,
    }
    assert len(session.scalars(select(Blob)).all()) == 1
    root = app.extensions["zzd.settings"].files_root
    assert len([path for path in root.rglob("*") if path.is_file()]) == 3
    # One who throws theirs away takes it from nobody else.
    throw_away(as_(OWNER), first["id"])
    collection.collect_blobs()
    assert content(as_(OUTSIDER), second["id"]).data == body
    throw_away(as_(OUTSIDER), second["id"])
    assert collection.collect_blobs() == 1
    assert not [path for path in root.rglob("*") if path.is_file()]


def test_a_sent_file_is_not_thrown_away(as_: SignedIn, sent: Any) -> None:
    refused = throw_away(as_(OWNER), sent[1]["id"])
    assert (refused.status_code, refused.get_json()["code"]) == (409, "file_in_use")
    with clock.at(clock.now() + timedelta(days=4000)):
        assert collection.purge_expired() == 0


def test_forgotten_messages_leave_no_file_behind(
    as_: SignedIn, sent: Any, group: MakeGroup, upload: Upload, session: Session
) -> None:
    made, file = sent
    both = upload(b"in two messages")
    send(as_(OWNER), made, both["id"])
    send(as_(OWNER), group(MEMBER), both["id"])
    with transaction() as writing:
        forget_message_files(writing, [(int(made["id"]), 1), (int(made["id"]), 2)])
    assert content(as_(OWNER), file["id"]).status_code == 404
    assert content(as_(MEMBER), both["id"]).status_code == 200
    assert collection.purge_expired() == 1
    assert collection.collect_blobs() == 1
    assert [row.id for row in session.scalars(select(File))] == [int(both["id"])]
    assert len(session.scalars(select(MessageFile)).all()) == 1


def test_a_download_costs_the_same_however_many_groups_there_are(
    as_: SignedIn, sent: Any, group: MakeGroup, statements: Statements
) -> None:
    _, file = sent
    as_(MEMBER).get("/me")
    with statements() as seen:
        content(as_(MEMBER), file["id"])
    for _ in range(5):
        send(as_(MEMBER), group(MEMBER), file["id"])
    with statements() as later:
        content(as_(MEMBER), file["id"])
    assert len(seen) == len(later) <= 5
