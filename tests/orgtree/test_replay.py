"""Who hears of the tree, of posts and of who is there knows what a fresh screen knows."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests.conftest import Listening, SignedIn
from tests.hints import Screen
from zzd.realtime.presence import Presence

Find = Callable[[str], str]
TOWN, OFFICER, CHIEF = "331081100", "331081100.duty_officer", "331081100.leader"


def test_unit_changed(app: Flask, as_: SignedIn, listening: Listening, unit_id: Find) -> None:
    town = unit_id(TOWN)
    screen = Screen(as_(OFFICER), listening(OFFICER), f"/units/{town}")
    rename = {"name": "石塘街道"}
    screen.check(app, "unit.changed", lambda: as_("33.leader").patch(f"/units/{town}", rename))


def test_posts_changed(
    app: Flask, as_: SignedIn, listening: Listening, official_id: Find, unit_id: Find
) -> None:
    post = {"unit_id": unit_id("331081101"), "line": "water", "title": "站长", "role": "member"}
    path = f"/officials/{official_id(OFFICER)}/posts"
    screen = Screen(as_(OFFICER), listening(OFFICER), "/me")
    screen.check(app, "posts.changed", lambda: as_("331081.leader").post(path, post))


def test_presence_updated(app: Flask, listening: Listening, official_id: Find) -> None:
    presence: Presence = app.extensions["zzd.presence"]
    presence._known = set()
    screen, who = listening(CHIEF), {"official_ids": [official_id(OFFICER)]}
    [known] = screen.send("presence.watch", who)["items"]
    device = listening(OFFICER)
    for come in (True, False):
        if not come:
            device.close()
        presence.look()
        for event in screen.hear("presence.updated"):
            known = event if event["official_id"] == known["official_id"] else known
        assert [known] == screen.send("presence.watch", who)["items"]
        assert known["online"] is come
