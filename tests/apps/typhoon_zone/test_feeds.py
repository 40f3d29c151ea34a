"""Feeds: good ones are taken, bad ones refused with the place of the fault, the last good stays."""

from __future__ import annotations

import io
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from PIL import Image

from apps.typhoon_zone import simulated
from apps.typhoon_zone.database import Database
from apps.typhoon_zone.feeds.formats import BadFeed, check_feed
from apps.typhoon_zone.feeds.keeper import Keeper
from apps.typhoon_zone.feeds.sources import HttpSource, SourceFailed, open_source
from apps.typhoon_zone.pictures import BadPicture, Pictures, redraw
from apps.typhoon_zone.pulse import Pulse
from apps.typhoon_zone.settings import FEEDS, SIMULATED
from tests.apps.conftest import serving
from tests.servers import free_port

NOON = "2019-08-09T12:00:00+08:00"
ONE = "2019-08-09T13:00:00+08:00"
PLACE = {"lat": 28.4, "lon": 121.4}
TRACK: dict[str, Any] = {
    "source": "台风网",
    "storm": {"id": "x", "number": "1909", "name": {"zh": "利奇马", "en": "Lekima"}},
    "fixes": [
        {**PLACE, "at": NOON, "wind_ms": 45, "radii_km": {"7": [300, 280, 250, 260]}},
        {**PLACE, "at": ONE},
    ],
    "forecasts": [{"issued_at": NOON, "by": "台", "fixes": [{**PLACE, "at": ONE, "spread_km": 9}]}],
}
GAUGE: dict[str, Any] = {
    **PLACE,
    "id": "g",
    "name": "站",
    "kind": "water_level",
    "unit_code": "331081",
    "thresholds": {"warning": 3, "danger": 4},
    "readings": [{"at": NOON, "value": 2.5}],
}
OUTAGE: dict[str, Any] = {
    **PLACE,
    "id": "o",
    "area": "城区",
    "unit_code": "331081",
    "households": 9,
    "since": NOON,
}


def test_what_the_simulation_tells_is_good() -> None:
    for name in FEEDS:
        assert check_feed(name, simulated.make_document(name))["source"]
    assert check_feed("track", TRACK)["forecasts"][0]["fixes"][0]["spread_km"] == 9


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    copy = deepcopy(document)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")[1:]]
    node: Any = copy
    for part in way:
        node = node[part]
    node[last] = value
    return copy


GAUGES, OUTAGES = {"source": "s", "gauges": [GAUGE]}, {"source": "s", "outages": [OUTAGE]}
BAD: list[tuple[str, dict[str, Any], str, Any, str]] = [
    ("track", TRACK, "/source", "", "/source"),
    ("track", TRACK, "/fixes", [], "/fixes"),
    ("track", TRACK, "/fixes/1/at", NOON, "/fixes/1/at"),
    ("track", TRACK, "/fixes/0/at", "2019-08-09T12:00:00", "/fixes/0/at"),
    ("track", TRACK, "/fixes/0/lat", 91, "/fixes/0/lat"),
    ("track", TRACK, "/fixes/0/lon", float("nan"), "/fixes/0/lon"),
    ("track", TRACK, "/fixes/0/wind_ms", "45", "/fixes/0/wind_ms"),
    ("track", TRACK, "/fixes/0/radii_km/7", [1, 2, 3], "/fixes/0/radii_km/7"),
    ("track", TRACK, "/forecasts/0/fixes/0/spread_km", None, "/forecasts/0/fixes/0/spread_km"),
    ("gauges", GAUGES, "/gauges/0/thresholds/danger", 2, "/gauges/0/thresholds"),
    ("gauges", GAUGES, "/gauges/0/kind", "snow", "/gauges/0/kind"),
    ("gauges", GAUGES, "/gauges/0/readings/0/value", True, "/gauges/0/readings/0/value"),
    ("gauges", {"source": "s", "gauges": [GAUGE, GAUGE]}, "/source", "s", "/gauges/1/id"),
    ("outages", OUTAGES, "/outages/0/households", -1, "/outages/0/households"),
    ("outages", OUTAGES, "/outages/0/unit_code", "３３", "/outages/0/unit_code"),
    ("clouds", {"source": "s", "pictures": {}}, "/source", "s", "/pictures"),
]


@pytest.mark.parametrize(("name", "document", "path", "value", "pointer"), BAD)
def test_a_bad_document_is_refused_where_it_is_bad(
    name: str, document: dict[str, Any], path: str, value: Any, pointer: str
) -> None:
    with pytest.raises(BadFeed) as refused:
        check_feed(name, changed(document, path, value))
    assert str(refused.value).startswith(f"{pointer}: ")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "zone.db")


def keeper_of(database: Database, **sources: str) -> Keeper:
    opened = {name: open_source(name, named) for name, named in sources.items()}
    return Keeper(database, Pulse(database), Pictures(database), opened)


def test_a_bad_file_leaves_the_last_good_state_and_says_why(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "track.json"
    file.write_text(json.dumps(TRACK), encoding="utf-8")
    keeper = keeper_of(database, track=str(file))
    keeper.look()
    good, version = keeper.document("track")
    assert keeper.describe()["track"]["fault"] is None
    told = database.latest()
    for text, reason in (("{", "cannot be read"), ("[]", "/: must be an object")):
        file.write_text(text, encoding="utf-8")
        keeper.look()
        shown = keeper.describe()["track"]
        assert reason in shown["fault"]
        assert shown["good_at"]
        assert keeper.document("track") == (good, version)
    assert database.latest() == told + 2
    file.write_text(json.dumps(changed(TRACK, "/source", "别处")), encoding="utf-8")
    keeper.look()
    assert keeper.describe()["track"]["fault"] is None
    assert keeper.document("track")[1] == version + 1
    # What another source said is not shown as this one's.
    keeper_of(database, track=str(tmp_path / "absent.json")).look()
    assert keeper.document("track") == ({}, 0)


def test_a_best_track_is_read_as_it_was_published(database: Database) -> None:
    keeper = keeper_of(database, track=str(simulated.BEST_TRACK))
    keeper.look()
    assert len(keeper.document("track")[0]["fixes"]) == 51


def test_an_http_source_is_read_with_its_pictures_and_asks_no_other_host(
    database: Database,
) -> None:
    picture = png()
    server = Flask(__name__)
    listed = {"source": "气象台", "pictures": [{"at": NOON, "href": "one.png"}]}
    server.add_url_rule("/feeds/clouds.json", "a", lambda: listed)
    server.add_url_rule("/feeds/one.png", "b", lambda: Response(picture, mimetype="image/png"))
    server.add_url_rule("/feeds/bad.json", "c", lambda: ("gone", 410))
    with serving(server, free_port()) as url:
        keeper = keeper_of(database, clouds=f"{url}/feeds/clouds.json")
        keeper.look()
        keeper.look()
        (shown,) = keeper.pictures.list_pictures()
        assert (shown["at"], shown["origin"], shown["is_sample"]) == (NOON, "127.0.0.1", False)
        listed["pictures"] = [{"at": ONE, "href": "http://localhost:1/secret"}]
        keeper.look()
        assert "another host" in keeper.describe()["clouds"]["fault"]
        with pytest.raises(SourceFailed, match="410"):
            HttpSource(f"{url}/feeds/bad.json").read()
    with pytest.raises(SourceFailed, match="no answer"):
        HttpSource(f"{url}/feeds/clouds.json").read()


def test_a_feed_of_files_stays_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    source = open_source("clouds", str(tmp_path / "feeds" / "clouds.json"))
    with pytest.raises(SourceFailed, match="outside"):
        source.fetch("../secret")


def test_sample_clouds_say_so_and_give_way_to_real_ones(database: Database) -> None:
    keeper = keeper_of(database, clouds=SIMULATED)
    keeper.look()
    samples = keeper.pictures.list_pictures()
    assert len(samples) > 10
    assert all(one["is_sample"] for one in samples)
    drawn = keeper.pictures.get_picture(samples[0]["id"])
    assert drawn is not None
    assert "示例".encode() in drawn.content
    keeper.pictures.add(png(), at=NOON, by="值班员", note="", origin="upload", key="k-1")
    assert [one["by"] for one in keeper.pictures.list_pictures()] == ["值班员"]


def test_what_is_no_picture_is_refused() -> None:
    for content in (b"", b"GIF89a", b"<svg/>", png()[:60]):
        with pytest.raises(BadPicture):
            redraw(content)
    assert redraw(png())[8:12] == b"WEBP"


def png() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (32, 20), "navy").save(made, "PNG")
    return made.getvalue()
