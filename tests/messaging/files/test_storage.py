"""Both stores keep what was put, whole or by ranges; what is delivered; what the operator checks."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from flask import Flask
from moto.server import ThreadedMotoServer

from tests.conftest import SignedIn
from tests.databases import settings_for
from tests.messaging.conftest import OWNER
from tests.messaging.files.conftest import (
    Upload,
    add,
    announce,
    content,
    head,
    picture,
    throw_away,
)
from zzd import clock
from zzd.messaging.files import collection
from zzd.messaging.files.commands import files as command
from zzd.messaging.files.s3 import S3Store
from zzd.messaging.files.storage import DiskStore, Missing, Store, key_of

BODY = bytes(range(256)) * 2000
KEY = key_of("ab" * 32)


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    """A bucket of a real HTTP server."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    patch = pytest.MonkeyPatch()
    patch.setenv("AWS_ACCESS_KEY_ID", "test")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    address = {"endpoint": f"http://{host}:{port}", "region": "us-east-1"}
    client = boto3.client("s3", endpoint_url=address["endpoint"], region_name=address["region"])
    client.create_bucket(Bucket="zzd-files")
    client.close()
    yield address
    patch.undo()
    server.stop()


def s3_store(bucket: dict[str, str]) -> S3Store:
    return S3Store(
        settings_for(
            "sqlite://",
            s3_bucket="zzd-files",
            s3_endpoint=bucket["endpoint"],
            s3_region=bucket["region"],
            s3_prefix="contents/",
        )
    )


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "disk":
        return DiskStore(tmp_path / "files")
    return s3_store(request.getfixturevalue("bucket"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(BODY)
    return path


def test_what_was_put_is_read_whole_and_by_ranges(store: Store, source: Path) -> None:
    store.put(KEY, source)
    for start, length in ((0, len(BODY)), (0, 1), (300_000, 100_000), (len(BODY) - 1, 1)):
        assert b"".join(store.read(KEY, start, length)) == BODY[start : start + length]
    listed = dict(store.list_keys())
    assert abs(listed[KEY] - clock.now()) < timedelta(minutes=1)
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(Missing):
        store.read(KEY, 0, 1)
    assert KEY not in dict(store.list_keys())


def test_a_file_is_stored_in_two_levels_of_folders(tmp_path: Path, source: Path) -> None:
    DiskStore(tmp_path / "files").put(KEY, source)
    assert (tmp_path / "files" / "ab" / "ab" / KEY.rsplit("/", 1)[1]).read_bytes() == BODY


@pytest.fixture
def on(request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    """The application's store."""
    kind: str = request.param
    if kind == "s3":
        store = s3_store(request.getfixturevalue("bucket"))
        monkeypatch.setitem(app.extensions, "zzd.files", store)
    return kind


both_stores = pytest.mark.parametrize("on", ["disk", "s3"], indirect=True)


@both_stores
@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-99", 206, (0, 100)),
        ("bytes=500-", 206, (500, 1000)),
        ("bytes=-10", 206, (990, 1000)),
        ("bytes=990-5000", 206, (990, 1000)),
        ("bytes=0-", 200, (0, 1000)),
        ("bytes=0-1,5-6", 200, (0, 1000)),
        ("lines=1-2", 200, (0, 1000)),
        ("bytes=x-y", 200, (0, 1000)),
        ("bytes=1000-", 416, None),
    ],
)
def test_ranges_are_delivered(
    on: str, as_: SignedIn, upload: Upload, asked: str, status: int, span: tuple[int, int] | None
) -> None:
    body = (b"0123456789" * 100)[:1000]
    file = upload(body, "录音.txt")
    answer = content(as_(OWNER), file["id"], Range=asked)
    assert answer.status_code == status
    if span is None:
        assert answer.headers["Content-Range"] == "bytes */1000"
        assert answer.get_json()["code"] == "range_not_satisfiable"
        return
    assert answer.data == body[span[0] : span[1]]
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/1000"


@both_stores
def test_a_picture_goes_in_and_its_previews_come_out(
    on: str, as_: SignedIn, upload: Upload
) -> None:
    body = picture()
    file = upload(body, "险情.jpg")
    assert content(as_(OWNER), file["id"]).data == body
    small = content(as_(OWNER), file["id"], "?variant=small")
    assert small.data[8:12] == b"WEBP"
    assert list(collection.find_flaws()) == []
    throw_away(as_(OWNER), file["id"])
    collection.collect_blobs()
    sha256 = hashlib.sha256(body).hexdigest()
    assert not [key for key, _ in collection.store().list_keys() if sha256 in key]


def test_a_store_that_does_not_answer_is_an_unavailable_service(
    app: Flask, as_: SignedIn, upload: Upload, bucket: dict[str, str]
) -> None:
    """And the upload is finished later, without being sent again."""
    owner = as_(OWNER)
    file_id = announce(owner, 5).get_json()["id"]
    kept, away = app.extensions["zzd.files"], s3_store({**bucket, "endpoint": "http://127.0.0.1:9"})
    app.extensions["zzd.files"] = away
    try:
        answer = add(owner, file_id, 0, b"hello")
        assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
    finally:
        app.extensions["zzd.files"] = kept
    assert head(owner, file_id).headers["Upload-Offset"] == "5"
    assert content(owner, file_id).data == b"hello"


def test_what_the_browser_has_is_not_sent_again_but_asked_for(
    as_: SignedIn, upload: Upload
) -> None:
    file = upload(b"hello")
    first = content(as_(OWNER), file["id"])
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = content(as_(OWNER), file["id"], **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    changed = content(as_(OWNER), file["id"], Range="bytes=0-1", **{"If-Range": '"other"'})
    assert (changed.status_code, changed.data) == (200, b"hello")
    asked = as_(OWNER).request("HEAD", f"/files/{file['id']}/content")
    assert (asked.headers["Content-Length"], asked.data) == ("5", b"")


def test_the_operator_sees_what_is_damaged_and_what_is_missing(
    app: Flask, as_: SignedIn, upload: Upload
) -> None:
    upload(b"as it was")
    upload(b"soon gone")
    upload(picture(), "a.jpg")
    assert _run("verify").output == "intact\n"
    paths: dict[bytes, Path] = {}
    for path in app.extensions["zzd.settings"].files_root.rglob("*"):
        if path.is_file():
            paths[path.read_bytes()[:9]] = path
            if path.name.endswith(".small.webp"):
                path.unlink()
    paths[b"as it was"].write_bytes(b"as it isn")
    paths[b"soon gone"].unlink()
    found = _run("verify")
    assert found.exit_code == 1
    assert "the content is not what was stored" in found.output
    assert "the content is missing" in found.output
    assert "the preview is missing" in found.output
    assert "3 flaws" in found.output


def test_what_a_crash_left_is_swept_once_it_is_a_day_old(
    app: Flask, as_: SignedIn, upload: Upload
) -> None:
    kept = upload(b"kept")
    root: Path = app.extensions["zzd.settings"].files_root
    orphan = root / key_of("cd" * 32)
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"nobody's")
    left = root / "uploads" / "424242"
    left.mkdir(parents=True)
    (left / "part").write_bytes(b"nobody's")
    assert _run("purge").output == "deleted 0 uploads and files, 0 contents, 1 orphans\n"
    assert orphan.exists()
    with clock.at(clock.now() + timedelta(days=2)):
        assert collection.sweep_orphans() == 1
    assert not orphan.exists()
    assert not left.exists()
    assert content(as_(OWNER), kept["id"]).data == b"kept"


def test_a_content_that_comes_again_while_it_is_collected_is_there(
    app: Flask, as_: SignedIn, upload: Upload
) -> None:
    """An upload either has the content that was there, or brings its own."""
    owner = as_(OWNER)
    over = threading.Event()

    def collect() -> None:
        with app.app_context():
            while not over.is_set():
                collection.collect_blobs()

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        for _ in range(30):
            file = upload(b"now here, now there")
            assert content(owner, file["id"]).data == b"now here, now there"
            throw_away(owner, file["id"])
    finally:
        over.set()
        collector.join(30)
    collection.collect_blobs()
    assert list(collection.store().list_keys()) == []


def _run(*words: str) -> Any:
    return CliRunner().invoke(command, words)
