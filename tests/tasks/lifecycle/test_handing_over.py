"""Returned, handed over to another unit, and done for people who cannot do it themselves."""

from __future__ import annotations

from tests.tasks.scenes import (
    DONGHAI,
    HAILI,
    HAIMEN,
    PROVINCE,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    WENZHOU,
    Scene,
    duty,
)


def transfer(scene: Scene, code: str, by: str, directive: dict, to: str, status: int = 201) -> dict:  # type: ignore[type-arg]
    body = {"unit_id": scene.unit_id(to), "reason": "属地在该处"}
    path = scene.path(code, directive)
    answered: dict[str, object] = scene.as_(by).post(f"{path}/transfer", body, status=status)
    return answered


def test_what_is_handed_over_counts_at_the_new_unit_alone(scene: Scene) -> None:
    directive = scene.issue(WENLING)
    scene.acknowledge(WENLING, directive)
    scene.pass_on(WENLING, directive, unit_ids=[scene.unit_id(SHITANG)])
    scene.acknowledge(SHITANG, directive)
    # Inside what the county passed on; not outside, not up, not twice.
    for outside in (HAIMEN, WENLING, SHITANG):
        problem = transfer(
            scene,
            SHITANG,
            duty(SHITANG),
            directive,
            outside,
            status=422 if outside != SHITANG else 409,
        )
        assert problem["code"] in ("invalid", "unit_has_directive")
    given = transfer(scene, SHITANG, duty(SHITANG), directive, SONGMEN)
    assert (given["state"], given["transferred_to"]["unit"]["code"]) == ("transferred", SONGMEN)
    assert transfer(scene, SHITANG, duty(SHITANG), directive, SONGMEN, status=200) == given
    other = transfer(scene, SHITANG, duty(SHITANG), directive, DONGHAI, status=409)
    assert other["code"] == "assignment_transferred"

    taken = scene.mine(duty(SONGMEN), directive)
    assert taken["transferred_from"]["unit"]["code"] == SHITANG
    assert taken["transferred_from"]["reason"] == "属地在该处"
    assert taken["state"] == "issued"
    # It goes round in no circle.
    back = transfer(scene, SONGMEN, duty(SONGMEN), directive, SHITANG, status=409)
    assert back["code"] == "unit_has_directive"
    scene.report(SONGMEN, directive, moved=4)
    late = scene.as_(duty(SHITANG)).post(
        f"{scene.path(SHITANG, directive)}/reports", {"figures": {"moved": 100}}
    )
    assert late["counted"] is False
    row = scene.rollup(directive, WENLING)
    assert {each["unit"]["code"] for each in row["rows"]} == {SONGMEN}
    assert (row["total"]["addressed"], row["total"]["figures"]["moved"]) == (2, 4)
    listed = f"/directives/{directive['id']}/assignments"
    handed = scene.issuer.get(listed, state="transferred")["items"]
    assert [item["unit"]["code"] for item in handed] == [SHITANG]
    # What is done below is asked of the new unit, not of the old one.
    scene.complete(SONGMEN, directive)
    scene.report(WENLING, directive, moved=0)
    assert scene.complete(WENLING, directive)["state"] == "completed"


def test_what_is_handed_over_counts_once_for_the_unit_above(scene: Scene) -> None:
    directive = scene.issue(WENLING, SHITANG, DONGHAI)
    scene.acknowledge(DONGHAI, directive)
    transfer(scene, DONGHAI, duty(DONGHAI), directive, HAILI)
    # A township's are counted one by one, a county's are in the ledger.
    for code, addressed in ((SHITANG, 1), (WENLING, 2)):
        below = scene.mine(duty(code), directive)["below"]
        assert (below["addressed"], below["acknowledged"]) == (addressed, 0), code


def test_a_returned_directive_is_handed_over_by_the_unit_it_came_from(scene: Scene) -> None:
    directive = scene.issue(SHITANG, SONGMEN)
    own, officer = scene.path(SHITANG, directive), scene.as_(duty(SHITANG))
    officer.post(f"{own}/return", status=422)
    returned = officer.post(f"{own}/return", {"reason": "不属本镇"})
    assert (returned["state"], returned["overdue"]) == ("returned", None)
    officer.post(f"{own}/return", {"reason": "不属本镇"}, status=200)
    total = scene.rollup(directive)["total"]
    assert (total["addressed"], total["returned"], total["acknowledged"]) == (2, 1, 0)
    assert officer.post(f"{own}/start", status=409)["code"] == "assignment_returned"
    # Taken after all, then returned again: each is in the history.
    assert officer.post(f"{own}/acknowledgement")["state"] == "acknowledged"
    officer.post(f"{own}/start")
    officer.post(f"{own}/return", {"reason": "确不属本镇"})
    history = officer.get(own)["history"]
    assert [step["move"] for step in history] == [
        *("issue", "return", "acknowledge", "start", "return"),
    ]
    assert history[-1]["detail"]["reason"] == "确不属本镇"
    assert history[-1]["device"] == "test"
    given = transfer(scene, SHITANG, "33.duty_officer", directive, HAIMEN)
    assert given["transferred_to"]["by"]["unit_name"] == "浙江省"
    total = scene.rollup(directive)["total"]
    assert (total["addressed"], total["returned"]) == (2, 0)
    scene.report(SONGMEN, directive, moved=1)
    path = scene.path(SONGMEN, directive)
    problem = scene.as_(duty(SONGMEN)).post(f"{path}/return", {"reason": "晚了"}, status=409)
    assert problem["code"] == "assignment_reported"


def test_the_unit_that_passed_it_on_may_hand_it_over(scene: Scene) -> None:
    directive = scene.issue(TAIZHOU, WENLING)
    scene.acknowledge(WENLING, directive)
    scene.pass_on(WENLING, directive, unit_ids=[scene.unit_id(SHITANG)])
    own = scene.path(SHITANG, directive)
    may = {
        code: scene.as_(duty(code)).get(own)["may"]["transfer"]
        for code in (PROVINCE, TAIZHOU, WENLING, SHITANG)
    }
    assert may == {PROVINCE: False, TAIZHOU: False, WENLING: True, SHITANG: True}
    transfer(scene, SHITANG, duty(TAIZHOU), directive, SONGMEN, status=403)
    transfer(scene, SHITANG, duty(WENLING), directive, SONGMEN)


def test_a_unit_above_answers_for_people_who_have_no_phone_and_it_is_shown(scene: Scene) -> None:
    directive = scene.issue(HAILI)
    (item,) = scene.issuer.get(f"/directives/{directive['id']}/assignments")["items"]
    path = f"/assignments/{item['id']}"
    township, stranger = scene.as_(duty(SHITANG)), scene.as_(duty(WENZHOU))
    assert item["may"]["proxy"] is True
    township.post(f"{path}/acknowledgement", status=403)
    why = {"proxy_reason": "村干部无智能手机，电话核实"}
    stranger.post(f"{path}/acknowledgement", why, status=404)
    scene.as_(duty(DONGHAI)).post(f"{path}/acknowledgement", why, status=404)
    shown = township.post(f"{path}/acknowledgement", why)
    assert shown["acknowledged"]["proxy_reason"] == why["proxy_reason"]
    assert shown["acknowledged"]["by"]["unit_name"] == "石塘镇"
    made = township.post(f"{path}/reports", {"figures": {"moved": 6}, **why})
    assert (made["proxy_reason"], made["counted"]) == (why["proxy_reason"], True)
    whole = township.get(path)
    assert [step["proxy_reason"] for step in whole["history"]] == [
        None,
        *why.values(),
        *why.values(),
    ]
    assert scene.rollup(directive, SHITANG)["total"]["figures"]["moved"] == 6
