"""Files of apps: what they upload, what they are handed, and what they may read."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import MakeGroup
from tests.messaging.files.conftest import TUS, Upload, add, announce, picture, upload
from tests.miniapps.calls.conftest import OFFICIAL
from tests.miniapps.conftest import AppServer, Publish, asking, install

__all__ = ["upload"]

UPLOADS = "/app/files/uploads"
SCOPES = ("files.read", "files.write", "messages.read", "messages.send")
ADMIN, COUNTY, WORDS = "33.duty_officer", "331081", "水位记录".encode()


def own(app: Flask, server: AppServer, **more: str) -> ApiClient:
    form = {"grant_type": "client_credentials", **more}
    auth = (server.client_id, server.secret)
    answer = app.test_client().post("/oauth/token", data=form, auth=auth)
    return ApiClient(app, token=answer.get_json()["access_token"])


@pytest.fixture
def filing(publish: Publish) -> AppServer:
    return publish(scopes=asking(*SCOPES))


@pytest.fixture
def itself(app: Flask, filing: AppServer) -> ApiClient:
    return own(app, filing)


def uploaded(client: ApiClient, body: bytes = WORDS, name: str = "水位.txt") -> str:
    announced = announce(client, len(body), name, at=UPLOADS)
    assert announced.status_code == 201, announced.get_data(as_text=True)
    file_id: str = announced.get_json()["id"]
    assert announced.headers["Location"].endswith(f"{UPLOADS}/{file_id}")
    assert add(client, file_id, 0, body, at=UPLOADS).status_code == 204
    return file_id


def read(client: ApiClient, file_id: str) -> tuple[int, bytes]:
    answer = client.request("GET", f"/app/files/{file_id}/content")
    return answer.status_code, answer.get_data() if answer.status_code == 200 else b""


def test_an_app_sends_what_it_uploaded_and_members_read_it(
    itself: ApiClient, as_: SignedIn, addressed: MakeGroup
) -> None:
    file_id = uploaded(itself)
    place = addressed("org_group", "331081100")
    path = f"/app/conversations/{place['id']}/messages"
    body = {"files": [file_id], "client_id": "once"}
    sent = itself.post(path, body)
    assert itself.post(path, body, status=200)["id"] == sent["id"]
    # Its own may go out again.
    itself.post(path, {"files": [file_id]})
    assert [each["name"] for each in sent["content"]["files"]] == ["水位.txt"]
    got = as_(OFFICIAL).request("GET", f"/files/{file_id}/content")
    assert got.get_data() == WORDS
    assert itself.request("DELETE", f"{UPLOADS}/{file_id}").status_code == 409
    for bad in ({"files": []}, {"files": [file_id, file_id]}, {"files": ["999999"]}):
        itself.post(path, bad, status=422)


def test_what_is_said_in_its_part_is_read_with_its_files_and_nothing_else(
    filing: AppServer,
    itself: ApiClient,
    as_: SignedIn,
    addressed: MakeGroup,
    group: MakeGroup,
    upload: Upload,
) -> None:
    inside, outside = addressed("org_group", "331081100"), addressed("org_group", "33", by=ADMIN)
    named = group(OFFICIAL)

    def said(place: dict[str, Any], by: str) -> str:
        file_id: str = upload(WORDS, by=by)["id"]
        body = {"kind": "file", "content": {"files": [{"id": file_id}]}, "text": ""}
        as_(by).post(f"/conversations/{place['id']}/messages", body)
        return file_id

    heard = said(inside, OFFICIAL)
    hidden = [said(outside, ADMIN), said(named, OFFICIAL), upload(WORDS, by=OFFICIAL)["id"]]
    assert read(itself, heard) == (200, WORDS)
    assert [read(itself, each)[0] for each in hidden] == [404] * 3
    # For an official it reads what they hand it, and not what they may see.
    opened = filing.open(as_(OFFICIAL))
    assert [read(opened, each)[0] for each in (heard, *hidden)] == [404] * 4
    # What it hears it does not spread.
    body = {"files": [heard]}
    itself.post(f"/app/conversations/{inside['id']}/messages", body, status=422)
    as_(OFFICIAL).post(f"/conversations/{inside['id']}/messages/1/recall", status=200)
    assert read(itself, heard)[0] == 404


def test_an_official_hands_a_file_to_one_app_which_sends_it_for_them(
    filing: AppServer,
    publish: Publish,
    as_: SignedIn,
    group: MakeGroup,
    upload: Upload,
) -> None:
    other = publish(id="cn.zj.other", scopes=asking(*SCOPES)).open(as_(OFFICIAL))
    opened, place = filing.open(as_(OFFICIAL)), group(OFFICIAL)
    file_id = upload(WORDS, by=OFFICIAL)["id"]
    said = f"/conversations/{place['id']}/messages"
    body = {"kind": "file", "content": {"files": [{"id": file_id}]}, "text": ""}
    opened.post(said, body, status=422)
    handing = f"/workbench/{filing.id}/files/{file_id}"
    as_("331081100.leader").put(handing, {}, status=404)
    as_(OFFICIAL).put(handing, {}, status=204)
    assert read(opened, file_id) == (200, WORDS)
    assert read(other, file_id)[0] == 404
    opened.post(said, body)
    assert as_(OFFICIAL).put(handing, {}, status=409)["code"] == "file_in_use"


def test_an_upload_is_of_one_installation_and_of_the_app_itself(
    app: Flask, filing: AppServer, itself: ApiClient, as_: SignedIn, unit_id: Any
) -> None:
    opened = filing.open(as_(OFFICIAL))
    assert announce(opened, 5, at=UPLOADS).status_code == 403
    file_id = uploaded(itself)
    county = install(as_("331081.leader"), filing.id, unit_id=unit_id(COUNTY))
    elsewhere = own(app, filing, installation_id=county["id"])
    assert read(itself, file_id) == (200, WORDS)
    assert read(elsewhere, file_id)[0] == 404
    # The same key is another one there.
    keyed = [announce(who, 5, "x.txt", at=UPLOADS, client_id="day") for who in (itself, elsewhere)]
    assert [each.status_code for each in keyed] == [201, 201]
    assert announce(elsewhere, 5, "x.txt", at=UPLOADS, client_id="day").status_code == 200
    path = f"{UPLOADS}/{file_id}"
    assert elsewhere.request("HEAD", path, headers=TUS).status_code == 404
    assert elsewhere.request("DELETE", path).status_code == 404
    assert itself.request("DELETE", path).status_code == 204
    assert read(itself, file_id)[0] == 404


def test_a_card_shows_files_that_its_app_may_send_and_readers_have_them(
    app: Flask, publish: Publish, as_: SignedIn, addressed: MakeGroup, upload: Upload
) -> None:
    itself = own(app, publish(scopes=asking(*SCOPES, "cards.send")))
    place = addressed("org_group", "331081100")
    photo, table = uploaded(itself, picture("PNG"), "现场.png"), uploaded(itself)
    theirs = upload(WORDS, by=OFFICIAL)["id"]
    path = f"/conversations/{place['id']}/cards"
    shows = {"title": "险情", "fields": [{"label": "现场", "file": photo}]}
    card = itself.post(path, {**shows, "key": "k"})
    (row,) = card["content"]["fields"]
    assert (row["file"]["name"], row["file"]["type"]) == ("现场.png", "image")
    more = {**shows, "fields": [*shows["fields"], {"label": "水位", "file": table}]}
    assert itself.put(f"{path}/k", more)["version"] == 2
    assert itself.put(f"{path}/k", more)["version"] == 2
    for file_id in (photo, table):
        assert as_(OFFICIAL).request("GET", f"/files/{file_id}/content").status_code == 200
        assert as_("330327.leader").request("GET", f"/files/{file_id}").status_code == 404
    for bad, where in (
        ([{"label": "x", "file": theirs}], "/fields/0/file"),
        ([{"label": "x", "file": photo}, {"label": "y", "file": "999999"}], "/fields/1/file"),
        ([{"label": "x", "file": photo, "value": "y"}], "/fields/0/value"),
        ([{"label": "x", "file": photo}, {"label": "y", "file": photo}], "/fields"),
    ):
        for answer in (
            itself.post(path, {"title": "x", "fields": bad}, status=422),
            itself.put(f"{path}/k", {"title": "x", "fields": bad}, status=422),
        ):
            assert answer["errors"][0]["pointer"] == where, answer
