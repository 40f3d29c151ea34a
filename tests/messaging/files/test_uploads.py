"""Uploads arrive in pieces, go on where they were cut off, and stay within what one may keep."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OWNER
from tests.messaging.files.conftest import (
    TUS,
    Upload,
    add,
    announce,
    content,
    head,
    metadata,
    throw_away,
)
from zzd import clock
from zzd.db import transaction
from zzd.identity.principals import principal_of_token
from zzd.messaging.files import collection, uploads
from zzd.messaging.files.models import Blob, File
from zzd.principal import Principal
from zzd.settings import Settings


def test_a_file_arrives_in_pieces(as_: SignedIn) -> None:
    owner, body = as_(OWNER), b"abcdefghij" * 10
    made = announce(owner, 100, "a.txt")
    assert made.status_code == 201
    file_id = made.get_json()["id"]
    assert made.headers["Location"] == f"/api/v1/files/uploads/{file_id}"
    assert made.headers["Upload-Offset"] == "0"
    assert made.headers["Tus-Resumable"] == "1.0.0"
    assert owner.get(f"/files/{file_id}")["state"] == "uploading"
    for offset in (0, 30, 60):
        added = add(owner, file_id, offset, body[offset : offset + 30])
        assert (added.status_code, added.headers["Upload-Offset"]) == (204, str(offset + 30))
        asked = head(owner, file_id)
        assert asked.headers["Upload-Offset"] == str(offset + 30)
        assert asked.headers["Upload-Length"] == "100"
        assert asked.headers["Cache-Control"] == "no-store"
    assert content(owner, file_id).status_code == 404
    assert add(owner, file_id, 90, body[90:]).status_code == 204
    assert owner.get(f"/files/{file_id}")["state"] == "ready"
    assert content(owner, file_id).data == body
    assert head(owner, file_id).headers["Upload-Offset"] == "100"


@pytest.mark.parametrize("offset", [0, 9, 11, 20])
def test_a_chunk_at_another_offset_is_refused_and_adds_nothing(as_: SignedIn, offset: int) -> None:
    owner = as_(OWNER)
    file_id = announce(owner, 20).get_json()["id"]
    add(owner, file_id, 0, b"x" * 10)
    refused = add(owner, file_id, offset, b"y" * 5)
    assert refused.status_code == 409
    assert refused.get_json()["code"] == "wrong_offset"
    assert refused.get_json()["offset"] == 10
    assert head(owner, file_id).headers["Upload-Offset"] == "10"


def test_more_than_was_announced_is_refused(as_: SignedIn) -> None:
    owner = as_(OWNER)
    file_id = announce(owner, 10).get_json()["id"]
    refused = add(owner, file_id, 0, b"x" * 11)
    assert (refused.status_code, refused.get_json()["code"]) == (413, "file_too_large")
    assert head(owner, file_id).headers["Upload-Offset"] == "0"


def test_who_comes_last_goes_on_and_the_one_before_adds_nothing(app: Flask, as_: SignedIn) -> None:
    """A request hangs in a dead connection while its client tries again."""
    owner = as_(OWNER)
    file_id = int(announce(owner, 10).get_json()["id"])
    by = _principal(owner)
    with transaction() as session:
        hanging = uploads.take_over(session, by, file_id, 0)
    assert add(owner, str(file_id), 0, b"x" * 4).status_code == 204
    with pytest.raises(uploads.WrongOffset), transaction() as session:
        uploads.record(session, hanging, 10)
    assert head(owner, str(file_id)).headers["Upload-Offset"] == "4"


def test_chunks_at_the_same_moment_are_one_after_the_other(as_: SignedIn, app: Flask) -> None:
    """Of many that send the same piece one adds it; the others are told where the server is."""
    owner = as_(OWNER)
    body = bytes(range(256)) * 40
    file_id = announce(owner, len(body), "a.bin").get_json()["id"]
    half = len(body) // 2
    answers = _at_once(app, owner, 6, lambda client, _: add(client, file_id, 0, body[:half]))
    assert sorted(answers) == [204] + [409] * 5
    assert head(owner, file_id).headers["Upload-Offset"] == str(half)
    assert add(owner, file_id, half, body[half:]).status_code == 204
    assert content(owner, file_id).data == body


def test_the_quota_holds_for_what_is_announced_at_the_same_moment(
    app: Flask, as_: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(app, monkeypatch, file_quota=1000)
    owner = as_(OWNER)
    answers = _at_once(app, owner, 8, lambda client, _: announce(client, 300))
    assert sorted(answers) == [201] * 3 + [422] * 5
    refused = announce(owner, 101).get_json()
    assert (refused["code"], refused["quota"], refused["used"]) == ("quota_exceeded", 1000, 900)
    assert owner.get("/files/allowance")["used"] == 900
    # Another person's is another's.
    assert announce(as_(MEMBER), 1000).status_code == 201


def test_what_is_thrown_away_counts_no_more(
    app: Flask, as_: SignedIn, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(app, monkeypatch, file_quota=100)
    owner = as_(OWNER)
    file = upload(b"x" * 100)
    assert announce(owner, 1).status_code == 422
    assert throw_away(owner, file["id"]).status_code == 204
    assert head(owner, file["id"]).status_code == 404
    assert announce(owner, 100).status_code == 201


def test_a_file_over_the_limit_is_refused(
    app: Flask, as_: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(app, monkeypatch, file_limit=1000)
    refused = announce(as_(OWNER), 1001)
    assert (refused.status_code, refused.get_json()["limit"]) == (413, 1000)
    assert announce(as_(OWNER), 1000).status_code == 201


def test_the_same_announcement_is_the_same_upload(as_: SignedIn) -> None:
    owner = as_(OWNER)
    first = announce(owner, 10, client_id="u-1")
    again = announce(owner, 10, client_id="u-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json()["id"] == again.get_json()["id"]
    other = announce(owner, 11, client_id="u-1")
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_conflict")


def test_a_content_that_is_not_the_announced_one_is_refused(as_: SignedIn) -> None:
    owner, body = as_(OWNER), b"hello"
    right = announce(owner, 5, sha256=hashlib.sha256(body).hexdigest()).get_json()["id"]
    assert add(owner, right, 0, body).status_code == 204
    wrong = announce(owner, 5, sha256="0" * 64).get_json()["id"]
    refused = add(owner, wrong, 0, body)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "checksum_mismatch")
    assert head(owner, wrong).status_code == 404
    assert owner.get("/files/allowance")["used"] == 5


def test_an_upload_is_nobody_elses(as_: SignedIn) -> None:
    file_id = announce(as_(OWNER), 10).get_json()["id"]
    other = as_(MEMBER)
    assert head(other, file_id).status_code == 404
    assert add(other, file_id, 0, b"x").status_code == 404
    assert throw_away(other, file_id).status_code == 404
    assert other.get(f"/files/{file_id}", status=404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"Upload-Length": "10"}, 422),
        ({"Upload-Length": "0", "Upload-Metadata": metadata(filename="a")}, 422),
        ({"Upload-Length": "-1", "Upload-Metadata": metadata(filename="a")}, 422),
        ({"Upload-Length": "1e3", "Upload-Metadata": metadata(filename="a")}, 422),
        ({"Upload-Length": "9" * 30, "Upload-Metadata": metadata(filename="a")}, 422),
        ({"Upload-Length": "9" * 18, "Upload-Metadata": metadata(filename="a")}, 413),
        ({"Upload-Length": "10", "Upload-Metadata": "filename %%%"}, 422),
        ({"Upload-Length": "10", "Upload-Metadata": "filename /////w=="}, 422),
        ({"Upload-Length": "10", "Upload-Metadata": metadata(filename="\x00\u202e")}, 422),
        ({"Upload-Length": "10", "Upload-Metadata": metadata(filename="长" * 256)}, 422),
        ({"Upload-Length": "10", "Upload-Metadata": metadata(filename="..")}, 422),
        ({"Upload-Length": "10", "Upload-Metadata": metadata(filename="a", sha256="x")}, 422),
        ({"Upload-Length": "10", "Upload-Metadata": metadata(filename="a", client_id="一")}, 422),
        ({"Tus-Resumable": "0.2.1", "Upload-Length": "10"}, 412),
    ],
)
def test_what_is_no_announcement_is_refused(
    as_: SignedIn, headers: dict[str, str], status: int
) -> None:
    answer = as_(OWNER).request("POST", "/files/uploads", headers={**TUS, **headers})
    assert answer.status_code == status, answer.get_data(True)
    assert answer.mimetype == "application/problem+json"


def test_what_is_no_chunk_is_refused(as_: SignedIn) -> None:
    owner = as_(OWNER)
    path = f"/files/uploads/{announce(owner, 10).get_json()['id']}"
    for headers, kind, status in (
        ({"Upload-Offset": "0"}, "text/plain", 415),
        ({}, "application/offset+octet-stream", 422),
        ({"Upload-Offset": "x"}, "application/offset+octet-stream", 422),
    ):
        answer = owner.request(
            "PATCH", path, headers={**TUS, **headers}, data=b"x", content_type=kind
        )
        assert answer.status_code == status
    assert owner.request("HEAD", path).status_code == 412


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\陈\\预案.docx", "预案.docx"),
        ("险情 照片(一).jpg", "险情 照片(一).jpg"),
        ("a\u202egpj.exe.txt", "agpj.exe.txt"),
        ("line\r\nSet-Cookie: x.txt", "lineSet-Cookie: x.txt"),
        ('quo"te;.txt', 'quo"te;.txt'),
    ],
)
def test_names_are_cleaned_and_harmless_in_headers(
    as_: SignedIn, upload: Upload, name: str, kept: str
) -> None:
    file = upload(b"hello", name)
    assert file["name"] == kept
    answer = content(as_(OWNER), file["id"])
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert "Set-Cookie" not in answer.headers
    assert unquote(answer.headers["Content-Disposition"].split("UTF-8''")[1]) == kept


def test_abandoned_uploads_and_unsent_files_are_purged(
    app: Flask, as_: SignedIn, upload: Upload, session: Session
) -> None:
    owner = as_(OWNER)
    root: Path = app.extensions["zzd.settings"].files_root
    unfinished = announce(owner, 10).get_json()["id"]
    add(owner, unfinished, 0, b"12345")
    finished = upload(b"hello")["id"]
    assert collection.purge_expired() == 0
    with clock.at(clock.now() + timedelta(hours=25)):
        assert collection.purge_expired() == 1
    assert head(owner, unfinished).status_code == 404
    assert not list((root / "uploads").iterdir())
    assert owner.get(f"/files/{finished}")
    with clock.at(clock.now() + timedelta(days=31)):
        assert collection.purge_expired() == 1
        assert collection.collect_blobs() == 1
    assert not session.scalars(select(File)).all()
    assert not session.scalars(select(Blob)).all()
    assert not [path for path in root.rglob("*") if path.is_file()]


def test_an_upload_whose_last_answer_was_lost_is_finished_when_it_is_asked_for(
    app: Flask, as_: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = as_(OWNER)
    file_id = announce(owner, 5).get_json()["id"]
    with monkeypatch.context() as broken:
        broken.setattr("zzd.messaging.files.routes_uploads.finish", lambda _at: None)
        add(owner, file_id, 0, b"hello")
    assert owner.get(f"/files/{file_id}")["state"] == "uploading"
    assert head(owner, file_id).headers["Upload-Offset"] == "5"
    assert owner.get(f"/files/{file_id}")["state"] == "ready"


def test_an_upload_whose_disk_was_lost_begins_again(app: Flask, as_: SignedIn) -> None:
    owner = as_(OWNER)
    file_id = announce(owner, 10).get_json()["id"]
    add(owner, file_id, 0, b"12345")
    root: Path = app.extensions["zzd.settings"].files_root
    for part in (root / "uploads" / file_id).iterdir():
        part.unlink()
    refused = add(owner, file_id, 5, b"67890")
    assert (refused.status_code, refused.get_json()["offset"]) == (409, 0)
    assert add(owner, file_id, 0, b"1234567890").status_code == 204
    assert content(owner, file_id).data == b"1234567890"


def _set(app: Flask, monkeypatch: pytest.MonkeyPatch, **changed: int) -> None:
    settings: Settings = app.extensions["zzd.settings"]
    monkeypatch.setitem(app.extensions, "zzd.settings", replace(settings, **changed))  # type: ignore[arg-type]


def _principal(client: ApiClient) -> Principal:
    found = principal_of_token(client.token or "")
    assert found is not None
    return found


def _at_once(
    app: Flask, client: ApiClient, count: int, call: Callable[[ApiClient, int], TestResponse]
) -> list[int]:
    answers: list[int] = []

    def run(number: int) -> None:
        with app.app_context():
            answers.append(call(ApiClient(app, client.token), number).status_code)

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers
