"""Which response a warning proposes."""

from __future__ import annotations

import pytest

from tests.tasks.cap.documents import AREA, EXAMPLE, document
from zzd.tasks.cap.proposals import Proposal, propose
from zzd.tasks.cap.reading import read_alert

COLOURLESS = ("台风利奇马红色预警", "台风利奇马预警")


def proposed(*changes: tuple[str, str]) -> Proposal:
    return propose(read_alert(document(*changes).encode()))


def parameter(name: str, value: str) -> tuple[str, str]:
    pair = f"<valueName>{name}</valueName><value>{value}</value>"
    return (f"<area>{AREA}", f"<parameter>{pair}</parameter><area>{AREA}")


@pytest.mark.parametrize(
    ("value", "level"),
    [
        *(("红色", 1), ("橙色", 2), ("黄色", 3), ("蓝色", 4)),
        *(("红", 1), ("橙色预警", 2), ("黄色预警信号", 3), ("Blue", 4)),
        *(("Ⅰ级", 1), ("II", 2), ("三级", 3), ("4", 4), ("Ⅳ级响应", 4)),
    ],
)
def test_a_parameter_of_a_level_decides(value: str, level: int) -> None:
    for name in ("预警等级", "预警颜色", "level"):
        assert proposed(parameter(name, value)).level == level
    assert proposed(parameter("预警等级", value)).basis == f"parameter: 预警等级 = {value}"


@pytest.mark.parametrize("value", ["红旗", "白色", "10", "0", "ABC", "红色橙色", ""])
def test_a_value_that_is_no_level_decides_nothing(value: str) -> None:
    assert proposed(parameter("level", value), COLOURLESS).basis == "severity: Severe"


def test_another_parameter_decides_nothing() -> None:
    assert proposed(parameter("风力", "10级"), COLOURLESS).basis == "severity: Severe"


@pytest.mark.parametrize(
    ("headline", "level"),
    [
        *(("台风蓝色预警", 4), ("台风黄色预警", 3), ("台风橙色预警", 2), ("台风红色预警", 1)),
        *(("Typhoon orange warning", 2), ("台风橙色预警升级为红色", 1), ("红旗镇台风黄色预警", 3)),
    ],
)
def test_without_a_parameter_the_colour_decides(headline: str, level: int) -> None:
    made = proposed(("台风利奇马红色预警", headline))
    assert (made.level, made.basis) == (level, "colour")


@pytest.mark.parametrize(
    ("severity", "level"),
    [("Extreme", 1), ("Severe", 2), ("Moderate", 3), ("Minor", 4), ("Unknown", None)],
)
def test_without_a_colour_the_severity_decides(severity: str, level: int | None) -> None:
    assert proposed(COLOURLESS, ("Severe", severity)).level == level


@pytest.mark.parametrize(
    "change",
    [
        ("<urgency>Immediate", "<responseType>AllClear</responseType><urgency>Immediate"),
        ("<urgency>Immediate", "<urgency>Past"),
        ("<certainty>Likely", "<certainty>Unlikely"),
    ],
)
def test_what_is_over_or_unlikely_proposes_no_level(change: tuple[str, str]) -> None:
    assert proposed(change).level is None


@pytest.mark.parametrize(
    ("event", "category", "kind"),
    [
        *(("台风", "Met", "typhoon"), ("暴雨", "Met", "rainstorm"), ("山洪灾害", "Met", "flood")),
        *(("地质灾害", "Geo", "geological"), ("Hurricane", "Met", "typhoon")),
        *(("雷雨大风", "Met", "wind"), ("某事", "Met", "weather"), ("某事", "CBRNE", "cbrne")),
        *(("某事", "Other", "other"), ("Child Abduction", "Rescue", "rescue")),
    ],
)
def test_the_kind_follows_from_words_and_then_from_the_category(
    event: str, category: str, kind: str
) -> None:
    text = (("<event>台风", f"<event>{event}"), ("<category>Met", f"<category>{category}"))
    assert proposed(*text, ("台风利奇马红色预警", "红色预警")).kind == kind


@pytest.mark.parametrize(
    ("status", "mode"),
    [("Actual", "actual"), ("Exercise", "exercise"), ("Test", None), ("Draft", None)],
)
def test_exercise_and_actual_never_mix(status: str, mode: str | None) -> None:
    assert proposed(("<status>Actual", f"<status>{status}")).mode == mode


def test_of_several_parts_the_gravest_speaks() -> None:
    text = document()
    info = text[text.index("<info>") : text.index("</info>") + 7]
    two = text.replace(info, info.replace("红色", "蓝色").replace("利奇马", "甲") + info)
    made = propose(read_alert(two.encode()))
    assert (made.level, made.name) == (1, "台风利奇马红色预警")


def test_the_example_of_the_standard_proposes_a_rescue() -> None:
    made = propose(read_alert(EXAMPLE.read_bytes()))
    assert (made.kind, made.mode, made.level) == ("rescue", "actual", 2)
    assert made.name == "Amber Alert in Los Angeles County"


def test_a_message_without_parts_proposes_nothing() -> None:
    text = document()
    info = text[text.index("<info>") : text.index("</info>") + 7]
    assert propose(read_alert(text.replace(info, "").encode())).level is None
