"""Messages that carry files, recordings and places."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Listening, SignedIn, Statements
from tests.messaging.conftest import MEMBER, OWNER, MakeGroup
from tests.messaging.files.conftest import Upload, announce, picture
from tests.messaging.files.test_sniffing import sound

PLACE = {"latitude": 28.36712345678, "longitude": 121.61, "name": "石塘镇避灾安置点"}


def test_a_message_carries_what_its_readers_need_to_lay_it_out(
    as_: SignedIn, group: MakeGroup, upload: Upload, listening: Listening
) -> None:
    made = group(MEMBER)
    photo, text = upload(picture(size=(1000, 500)), "险情.jpg"), upload("值班表".encode(), "表.txt")
    listener = listening(MEMBER)
    body = {
        "kind": "file",
        "text": "现场照片",
        "content": {"files": [{"id": photo["id"]}, {"id": text["id"]}]},
        "client_id": "m-1",
    }
    path = f"/conversations/{made['id']}/messages"
    sent = as_(OWNER).post(path, body)
    assert (sent["kind"], sent["text"]) == ("file", "现场照片")
    first, second = sent["content"]["files"]
    assert first == {
        "id": photo["id"],
        "name": "险情.jpg",
        "size": photo["size"],
        "media_type": "image/jpeg",
        "type": "image",
        "width": 1000,
        "height": 500,
        "pages": None,
        "variants": {
            "small": {"width": 320, "height": 160},
            "large": {"width": 1000, "height": 500},
        },
        "inline": True,
        "voice": None,
    }
    assert (second["id"], second["type"]) == (text["id"], "text")
    # A repeat is the first result; what is pushed and what is listed are the same.
    assert as_(OWNER).post(path, body, status=200)["content"] == sent["content"]
    assert listener.hear("message.created")[0]["content"] == sent["content"]
    assert as_(MEMBER).get(path)["items"][0]["content"] == sent["content"]


def test_a_voice_note_says_how_long_it_is(as_: SignedIn, group: MakeGroup, upload: Upload) -> None:
    path = f"/conversations/{group(MEMBER)['id']}/messages"
    voice = {"seconds": 4.5, "peaks": [0, 50, 100]}
    note = {"id": upload(sound(), "语音.wav")["id"], "voice": voice}
    sent = as_(OWNER).post(path, {"kind": "file", "content": {"files": [note]}})
    assert sent["content"]["files"][0]["voice"] == voice
    no_note = {"id": upload(b"hello")["id"], "voice": voice}
    refused = as_(OWNER).post(path, {"kind": "file", "content": {"files": [no_note]}}, status=422)
    assert refused["errors"][0]["pointer"] == "/content/files/0/voice"


def test_what_is_no_file_content_is_refused(
    as_: SignedIn, group: MakeGroup, upload: Upload
) -> None:
    path = f"/conversations/{group(MEMBER)['id']}/messages"
    ids = [upload(bytes([each]))["id"] for each in range(65, 75)]
    unfinished = announce(as_(OWNER), 10).get_json()["id"]
    for content in (
        {},
        {"files": []},
        {"files": [{"id": each} for each in ids]},
        {"files": [{"id": ids[0]}, {"id": ids[0]}]},
        {"files": [{"id": 1}]},
        {"files": [{"id": "9223372036854775807"}]},
        {"files": [{"id": unfinished}]},
        {"files": [{"id": ids[0], "voice": {"seconds": 601}}]},
        {"files": [{"id": ids[0], "voice": {"seconds": True}}]},
        {"files": [{"id": ids[0], "voice": {"seconds": 1, "peaks": [101]}}]},
        {"files": [{"id": ids[0], "name": "mine"}]},
        {"files": "all"},
    ):
        refused = as_(OWNER).post(path, {"kind": "file", "content": content}, status=422)
        assert refused["errors"][0]["pointer"].startswith("/content"), refused
    nine: dict[str, Any] = {"files": [{"id": each} for each in ids[:9]]}
    assert len(as_(OWNER).post(path, {"kind": "file", "content": nine})["content"]["files"]) == 9


def test_a_place_is_a_message(as_: SignedIn, group: MakeGroup) -> None:
    path = f"/conversations/{group(MEMBER)['id']}/messages"
    body = {"kind": "location", "text": "", "content": {**PLACE, "address": ""}}
    sent = as_(OWNER).post(path, body)
    expected = {**PLACE, "latitude": 28.3671235, "address": "", "accuracy": None}
    assert sent["content"] == expected
    assert as_(MEMBER).get(path)["items"][0]["content"] == expected


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("latitude", 90.1),
        ("latitude", -91),
        ("latitude", "28.3"),
        ("latitude", True),
        ("latitude", None),
        ("longitude", 180.0001),
        ("longitude", 1e400),
        ("accuracy", -1),
        ("name", ""),
        ("name", "名" * 101),
        ("address", "址" * 201),
        ("planet", "earth"),
    ],
)
def test_what_is_no_place_is_refused(
    as_: SignedIn, group: MakeGroup, part: str, value: object
) -> None:
    path = f"/conversations/{group(MEMBER)['id']}/messages"
    body = {"kind": "location", "content": {**PLACE, part: value}}
    refused = as_(OWNER).post(path, body, status=422)
    if value != 1e400:
        assert refused["errors"][0]["pointer"] == f"/content/{part}"


def test_sending_what_was_just_uploaded_asks_for_nothing_else(
    as_: SignedIn,
    group: MakeGroup,
    upload: Upload,
    statements: Statements,
    engine_kind: str,
) -> None:
    """The number (and the cursor), the files, the message with what it carries, the event."""
    path = f"/conversations/{group(MEMBER)['id']}/messages"
    bodies = [
        {"kind": "file", "content": {"files": [{"id": upload(b"%d" % n)["id"]} for n in each]}}
        for each in (range(1), range(1, 9))
    ]
    with statements() as seen:
        as_(OWNER).get("/me")
        for body in bodies:
            seen.clear()
            as_(OWNER).post(path, body)
            assert len(seen) == (4 if engine_kind == "postgresql" else 7), seen
