"""Who leads, who has a copy, what is attached, and addressing by list and by the map."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from tests.tasks.drafts.files import download, upload
from tests.tasks.scenes import (
    CANGNAN,
    DONGHAI,
    HAIMEN,
    JIAOJIANG,
    PROVINCE,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    WENZHOU,
    Scene,
    duty,
)
from zzd.tasks.areas.borders import NotAnArea, borders, read_area, touched_by

# Within 温岭市 alone; around all of 台州 and of 温州's coast.
IN_WENLING = [[121.35, 28.36], [121.40, 28.36], [121.40, 28.40], [121.35, 28.40]]
SOUTH_EAST = [[118.0, 26.5], [124.0, 26.5], [124.0, 29.2], [118.0, 29.2]]


def codes(scene: Scene, directive: dict[str, Any]) -> set[str]:
    items = scene.issuer.get(f"/directives/{directive['id']}/assignments")["items"]
    return {item["unit"]["code"] for item in items}


def test_lead_and_cooperating_units_are_addressed_and_shown_as_such(scene: Scene) -> None:
    directive = scene.issue(
        audiences=[scene.all_below(WENLING, levels=[4])],
        lead_unit_id=scene.unit_id(WENLING),
        cooperating_unit_ids=[scene.unit_id(SHITANG), scene.unit_id(JIAOJIANG)],
    )
    assert codes(scene, directive) == {WENLING, SHITANG, SONGMEN, JIAOJIANG}
    assert directive["lead_unit"]["name"] == "温岭市"
    assert [unit["name"] for unit in directive["cooperating_units"]] == ["石塘镇", "椒江区"]
    parts = {
        code: scene.mine(duty(code), directive)["part"] for code in (WENLING, SHITANG, SONGMEN)
    }
    assert parts == {WENLING: "lead", SHITANG: "cooperating", SONGMEN: None}
    # 石塘 is addressed by the audience already: leading and helping widen nothing.
    assert len(directive["audiences"]) == 3


def test_who_leads_is_one_unit_within_reach(scene: Scene) -> None:
    lead = scene.unit_id(WENLING)
    twice = scene.issue(SHITANG, lead_unit_id=lead, cooperating_unit_ids=[lead], status=422)
    assert twice["errors"][0]["pointer"] == "/cooperating_unit_ids"
    alone = scene.issue(SHITANG, cooperating_unit_ids=[lead], status=422)
    assert alone["errors"][0]["pointer"] == "/lead_unit_id"
    body = scene.body(SHITANG, lead_unit_id=scene.unit_id(CANGNAN))
    refused = scene.as_(duty(TAIZHOU)).post("/directives", body, status=403)
    assert refused["errors"][0]["pointer"] == "/lead_unit_id"


def test_a_copy_may_be_seen_and_asks_for_nothing(scene: Scene) -> None:
    copies = [scene.all_below(WENZHOU, levels=[2, 3], role="leader")]
    directive = scene.issue(SHITANG, copies=copies)
    reader = scene.as_("330327.leader")
    (copied,) = reader.get("/directives", box="copied")["items"]
    assert copied["id"] == directive["id"]
    assert copied["copies"][0]["text"] == "温州市以下 市、县 负责人"
    reader.get(f"/directives/{directive['id']}")
    assert reader.get("/assignments")["items"] == []
    assert reader.get("/sync")["assignments"]["open"] == 0
    reader.get(f"/directives/{directive['id']}/rollup", status=404)
    assert scene.rollup(directive)["total"]["addressed"] == directive["units"] == 1
    scene.as_(duty(CANGNAN)).get(f"/directives/{directive['id']}", status=404)
    assert scene.as_(duty(CANGNAN)).get("/directives", box="copied")["items"] == []


def test_a_copy_goes_down_within_reach_or_to_a_unit_above(scene: Scene) -> None:
    taizhou = scene.as_(duty(TAIZHOU))
    above = {"unit_id": scene.unit_id(PROVINCE), "levels": [1]}
    directive = taizhou.post("/directives", scene.body(SHITANG, copies=[above]))
    scene.issuer.get(f"/directives/{directive['id']}")
    for wider in (scene.all_below(PROVINCE, levels=[1, 2]), scene.all_below(CANGNAN)):
        taizhou.post("/directives", scene.body(SHITANG, copies=[wider]), status=403)


def test_attachments_are_had_by_whom_it_addresses_and_by_nobody_else(scene: Scene) -> None:
    file_id = upload(scene.issuer, "转移方案.txt")
    copies = [scene.all_below(WENZHOU, levels=[2])]
    audiences = [scene.all_below(SHITANG, levels=[4], line="flood_control")]
    directive = scene.issue(audiences=audiences, file_ids=[file_id], copies=copies)
    assert [file["name"] for file in directive["files"]] == ["转移方案.txt"]
    may = {duty(SHITANG), duty(PROVINCE), "33.leader", duty(WENZHOU)}
    # In the same unit but not addressed; above it; below it; elsewhere.
    not_ = {"331081100.leader", duty(WENLING), duty(TAIZHOU), duty(DONGHAI), duty(SONGMEN)}
    answers = {name: download(scene.as_(name), file_id) for name in may | not_}
    assert answers == {**dict.fromkeys(may, 200), **dict.fromkeys(not_, 404)}
    # It is kept, and thrown away by nobody, as long as the directive is there.
    thrown = scene.issuer.request(
        "DELETE", f"/files/uploads/{file_id}", headers={"Tus-Resumable": "1.0.0"}
    )
    assert thrown.status_code == 409


def test_a_newer_version_has_the_same_attachments_and_area_unless_it_says_others(
    scene: Scene,
) -> None:
    kept, other = upload(scene.issuer, "转移方案.txt"), upload(scene.issuer, "新方案.txt")
    area = {"polygon": IN_WENLING, "levels": [4], "line": "flood_control"}
    first = scene.issue(audiences=[], area=area, file_ids=[kept])
    path = f"/directives/{first['id']}/update"
    second = scene.issuer.post(path, {"reason": "重发"})
    for same in ("files", "area", "audiences"):
        assert second[same] == first[same]
    assert codes(scene, second) == {SHITANG, SONGMEN}
    assert download(scene.as_(duty(SONGMEN)), kept) == 200
    units = {"unit_ids": [scene.unit_id(SHITANG)], "file_ids": [other]}
    path = f"/directives/{second['id']}/update"
    third = scene.issuer.post(path, {"reason": "缩小范围", **units})
    assert ([file["id"] for file in third["files"]], third["area"]) == ([other], None)
    assert codes(scene, third) == {SHITANG}
    # 松门 has what it had, and nothing of what is no more for it.
    assert [download(scene.as_(duty(SONGMEN)), each) for each in (kept, other)] == [200, 404]
    path = f"/directives/{third['id']}/update"
    assert scene.issuer.post(path, {"reason": "不附文件", "file_ids": []})["files"] == []


def test_somebody_elses_file_is_not_attached(scene: Scene) -> None:
    file_id = upload(scene.as_(duty(WENZHOU)))
    problem = scene.issue(SHITANG, file_ids=[file_id], status=422)
    assert problem["errors"][0]["pointer"] == "/file_ids/0"


def test_a_list_of_units_needs_no_audience(scene: Scene) -> None:
    ids = [scene.unit_id(SHITANG), scene.unit_id(DONGHAI)]
    assert codes(scene, scene.issue(audiences=[], unit_ids=ids)) == {SHITANG, DONGHAI}
    problem = scene.issue(audiences=[], status=422)
    assert problem["errors"][0]["pointer"] == "/audiences"
    problem = scene.issue(audiences=[], unit_ids=["999999"], status=422)
    assert problem["errors"][0]["pointer"] == "/unit_ids"


@pytest.mark.parametrize(
    ("polygon", "levels", "reached"),
    [
        (IN_WENLING, [4], {SHITANG, SONGMEN}),
        (IN_WENLING, [2, 3], {TAIZHOU, WENLING}),
        (SOUTH_EAST, [3], {WENLING, JIAOJIANG, CANGNAN}),
        (
            SOUTH_EAST,
            [1, 2, 4],
            {PROVINCE, TAIZHOU, WENZHOU, SHITANG, SONGMEN, HAIMEN, "330327101"},
        ),
    ],
)
def test_an_area_on_the_map_addresses_what_it_touches(
    scene: Scene, polygon: Any, levels: list[int], reached: set[str]
) -> None:
    area = {"polygon": polygon, "levels": levels}
    previewed = scene.issuer.post("/areas/preview", area, status=200)
    directive = scene.issue(audiences=[], area=area)
    assert codes(scene, directive) == reached
    assert previewed["units"] == directive["units"] == len(reached)
    assert directive["area"]["polygon"] == polygon


def test_an_area_reaches_no_further_than_the_grant(scene: Scene) -> None:
    taizhou = scene.as_(duty(TAIZHOU))
    area = {"polygon": SOUTH_EAST, "levels": [3, 4]}
    previewed = taizhou.post("/areas/preview", area, status=200)
    # All counties of 台州 are in it: one audience for them; 苍南 is 温州's.
    assert [each["text"] for each in previewed["audiences"]] == ["台州市以下 县、乡镇"]
    assert previewed["left_out"] == ["温州市以下 县、乡镇"]
    outside = {"polygon": [[120.3, 27.4], [120.5, 27.4], [120.4, 27.5]], "levels": [3]}
    problem = taizhou.post("/directives", scene.body(area=outside), status=422)
    assert problem["errors"][0]["pointer"] == "/area"
    scene.as_(duty(SHITANG)).post("/areas/preview", area, status=403)


@pytest.mark.parametrize(
    "polygon",
    [
        [[120, 28], [121, 29], [121, 28], [120, 29]],
        [[120, 28], [120, 28], [121, 29]],
        [[120, 28], [121, 28], [122, 28]],
        [[120, 28], [121, 28], [122, 91]],
        [[120, 28], [121, 28], [122, "29"]],
        [[120, 28], [121, 28]],
    ],
)
def test_a_line_that_encloses_nothing_is_refused(scene: Scene, polygon: Any) -> None:
    scene.issuer.post("/areas/preview", {"polygon": polygon, "levels": [3]}, status=422)


def test_every_county_of_the_tree_has_its_border() -> None:
    counted = [sum(border.level == level for border in borders()[0]) for level in (1, 2, 3)]
    assert counted == [1, 11, 90]


@settings(max_examples=25, deadline=None)
@given(st.floats(118, 123), st.floats(27, 31), st.floats(0.01, 2), st.floats(0.01, 2))
def test_the_index_finds_what_each_border_says_of_itself(
    west: float, south: float, width: float, height: float
) -> None:
    drawn = box(west, south, west + width, south + height)
    area = read_area(list(drawn.exterior.coords)[:-1])
    expected = {border.code for border in borders()[0] if not border.shape.disjoint(area)}
    assert {border.code for border in touched_by(area)} == expected


def test_an_area_needs_three_points() -> None:
    with pytest.raises(NotAnArea):
        read_area([(120, 28), (121, 28), (120, 28)])
