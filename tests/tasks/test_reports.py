"""Reports: what a unit counted, once, the latest of them standing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tasks.scenes import BOATS, MOVED, SHITANG, Scene, duty, moment
from zzd import clock
from zzd.tasks.figures import LARGEST, add, faults

SPECS = [{"minimum": 0, "required": False, **MOVED}, {"minimum": 5, "required": False, **BOATS}]


@pytest.mark.parametrize(
    ("values", "pointers"),
    [
        ({"moved": 0}, []),
        ({"moved": LARGEST, "boats": 5}, []),
        ({}, ["/figures/moved"]),
        ({"boats": 7}, ["/figures/moved"]),
        ({"moved": 1, "boats": 4}, ["/figures/boats"]),
        ({"moved": -1}, ["/figures/moved"]),
        ({"moved": LARGEST + 1}, ["/figures/moved"]),
        ({"moved": True}, ["/figures/moved"]),
        ({"moved": 1.0}, ["/figures/moved"]),
        ({"moved": "1"}, ["/figures/moved"]),
        ({"moved": None}, ["/figures/moved"]),
        ({"moved": [1]}, ["/figures/moved"]),
        ({"moved": 1, "rescued": 1}, ["/figures/rescued"]),
        ({"moved": 1, "a/b~c": 1}, ["/figures/a~1b~0c"]),
        (
            {"moved": "x", "boats": 1, "rescued": 2},
            [
                "/figures/moved",
                "/figures/boats",
                "/figures/rescued",
            ],
        ),
    ],
)
def test_figures_are_what_the_directive_asks_for(
    values: dict[str, Any], pointers: list[str]
) -> None:
    assert [fault["pointer"] for fault in faults(SPECS, values)] == pointers


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["moved", "boats"]), st.none() | st.integers(0, LARGEST))
    )
)
def test_nothing_reported_adds_up_to_nothing_and_never_to_zero(
    rows: list[dict[str, int | None]],
) -> None:
    for key, total in add(SPECS, rows).items():
        given_ = [row[key] for row in rows if row.get(key) is not None]
        assert total == (sum(given_) if given_ else None)  # type: ignore[arg-type]


def test_a_later_report_replaces_the_earlier_in_every_sum(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    first = scene.report(SHITANG, directive, moved=100, boats=3)
    assert (first["no"], first["figures"]) == (1, {"boats": 3, "moved": 100})
    second = scene.report(SHITANG, directive, moved=120)
    assert second["no"] == 2
    total = scene.rollup(directive)["total"]
    assert total["figures"] == {"moved": 120, "boats": None}
    assert (total["reported"], total["not_reported"]) == (1, 0)
    shown = scene.as_(duty(SHITANG)).get(scene.path(SHITANG, directive))
    assert shown["latest_report"]["id"] == second["id"]
    assert [report["figures"] for report in shown["reports"]] == [
        {"boats": 3, "moved": 100},
        {"moved": 120},
    ]


def test_the_devices_time_is_kept_beside_the_servers(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    path = scene.path(SHITANG, directive)
    body = {"figures": {"moved": 1}, "device_time": "2019-08-10T01:45:00+08:00"}
    made = scene.as_(duty(SHITANG)).post(f"{path}/reports", body)
    assert made["device_time"] == "2019-08-09T17:45:00+00:00"
    assert abs(moment(made["created_at"]) - clock.now()) < timedelta(minutes=1)


def test_a_wrong_figure_is_refused_with_a_pointer_and_not_kept(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    path = scene.path(SHITANG, directive)
    problem = scene.as_(duty(SHITANG)).post(
        f"{path}/reports", {"figures": {"moved": -3, "rescued": 1}}, status=422
    )
    assert [error["pointer"] for error in problem["errors"]] == [
        "/figures/moved",
        "/figures/rescued",
    ]
    assert scene.as_(duty(SHITANG)).get(path)["reports"] == []


def test_a_report_says_something(scene: Scene) -> None:
    directive = scene.issue(SHITANG, figures=[])
    scene.acknowledge(SHITANG, directive)
    path = f"{scene.path(SHITANG, directive)}/reports"
    scene.as_(duty(SHITANG)).post(path, {}, status=422)
    scene.as_(duty(SHITANG)).post(path, {"text": "已全部落实"})


def test_a_repeat_gives_the_first_result_even_after_completion(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    officer, path = scene.as_(duty(SHITANG)), scene.path(SHITANG, directive)
    body = {"figures": {"moved": 8}, "text": "初报", "client_id": "queued"}
    first = officer.post(f"{path}/reports", body)
    assert first["client_id"] == "queued"
    scene.complete(SHITANG, directive)
    assert officer.post(f"{path}/reports", body, status=200) == first
    problem = officer.post(f"{path}/reports", {**body, "text": "别的"}, status=409)
    assert problem["code"] == "idempotency_conflict"
    # The key is the sender's own business.
    assert scene.issuer.get(path)["reports"][0]["client_id"] is None


def test_one_key_is_not_taken_for_another_assignment(scene: Scene) -> None:
    paths = []
    for _ in range(2):
        directive = scene.issue(SHITANG)
        scene.acknowledge(SHITANG, directive)
        paths.append(f"{scene.path(SHITANG, directive)}/reports")
    body = {"figures": {"moved": 8}, "client_id": "key"}
    scene.as_(duty(SHITANG)).post(paths[0], body)
    scene.as_(duty(SHITANG)).post(paths[1], body, status=409)
