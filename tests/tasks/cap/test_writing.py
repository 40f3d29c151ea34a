"""What is written is valid, and says the same when it is read again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.tasks.cap.documents import EXAMPLE
from zzd.tasks.cap import exports
from zzd.tasks.cap.alerts import Alert, Reference
from zzd.tasks.cap.exports import Addressed, Drawn, Order, as_alert, geocode
from zzd.tasks.cap.notation import (
    read_polygon,
    read_references,
    write_references,
    write_time,
)
from zzd.tasks.cap.reading import SCHEMA, read_alert
from zzd.tasks.cap.writing import UNWRITABLE, write_alert

SENDER = "zzd@zj.example"
SOME_TEXT = st.text(min_size=1, max_size=60).filter(lambda text: text.strip())
MOMENTS = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC, exports.BEIJING])
)
TERMS = st.timedeltas(timedelta(seconds=1), timedelta(days=700))


POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
DRAWN = st.builds(
    Drawn, st.lists(POINTS, min_size=3, max_size=9, unique=True), st.lists(SOME_TEXT, max_size=3)
)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    issued_at = draw(MOMENTS)
    ack_deadline = issued_at + draw(TERMS)
    return Order(
        id=draw(st.integers(1, 2**62)),
        number=draw(st.none() | SOME_TEXT),
        title=draw(SOME_TEXT),
        text=draw(SOME_TEXT),
        urgency=draw(st.sampled_from(sorted(exports.URGENCIES))),
        unit_name=draw(SOME_TEXT),
        issued_at=issued_at,
        ack_deadline=ack_deadline,
        report_deadline=draw(st.none() | TERMS.map(lambda term: ack_deadline + term)),
        figures=draw(st.lists(st.fixed_dictionaries({"name": SOME_TEXT, "unit": SOME_TEXT}))),
        event_name=draw(SOME_TEXT),
        kind=draw(st.sampled_from([*sorted(exports.CATEGORIES), "kind_of_its_own"])),
        mode=draw(st.sampled_from(sorted(exports.STATUSES))),
        level=draw(st.sampled_from([None, 1, 2, 3, 4])),
        addressed=draw(
            st.lists(
                st.builds(Addressed, SOME_TEXT, st.from_regex(r"[0-9]{2,15}", fullmatch=True)),
                min_size=1,
                max_size=5,
            )
        ),
        drawn=draw(st.none() | DRAWN),
        closed_at=draw(st.none() | TERMS.map(lambda term: issued_at + term)),
        replaces=draw(
            st.lists(st.builds(Reference, st.just(SENDER), st.just("zzd-directive-1"), MOMENTS))
        ),
    )


def readable(value: Any) -> Any:
    """A value without what XML cannot hold."""
    if isinstance(value, str):
        return UNWRITABLE.sub("\ufffd", value)
    if isinstance(value, tuple):
        return tuple(readable(each) for each in value)
    if hasattr(value, "__dataclass_fields__"):
        return type(value)(**{k: readable(getattr(value, k)) for k in value.__dataclass_fields__})
    return value


@settings(max_examples=150, deadline=None)
@given(orders())
def test_every_directive_is_valid_and_reads_back_the_same(order: Order) -> None:
    alert = as_alert(order, SENDER)
    written = write_alert(alert)
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.fromstring(written))
    assert read_alert(written) == readable(alert)
    # Times carry an offset in digits.
    assert not re.search(rb">\d{4}-\d\d-\d\dT[\d:.]+Z<", written)


def test_the_example_of_the_standard_is_written_as_it_was_read() -> None:
    alert = read_alert(EXAMPLE.read_bytes())
    assert read_alert(write_alert(alert)) == alert


def order(**more: Any) -> Order:
    """A directive with an actual typhoon, of level Ⅱ, and whatever ``more`` says."""
    at = datetime(2019, 8, 9, 13, 30, tzinfo=UTC)
    given: dict[str, Any] = {
        "id": 7,
        "number": "浙防指〔2019〕12号",
        "title": "转移",
        "text": "立即转移。",
        "urgency": "critical",
        "unit_name": "浙江省",
        "issued_at": at,
        "ack_deadline": at + timedelta(hours=1),
        "report_deadline": at + timedelta(hours=2),
        "figures": [{"name": "转移人数", "unit": "人"}],
        "event_name": "台风利奇马",
        "kind": "typhoon",
        "mode": "actual",
        "level": 2,
        "addressed": [Addressed("台州市以下 乡镇", "3310")],
    }
    return Order(**{**given, **more})


def exported(**more: Any) -> Alert:
    return as_alert(order(**more), SENDER)


def test_an_exercise_is_said_in_status_note_and_headline() -> None:
    actual, exercise = exported(), exported(mode="exercise")
    assert (actual.status, exercise.status) == ("Actual", "Exercise")
    assert actual.note is None
    assert exercise.note == "演练：台风利奇马"
    assert exercise.infos[0].headline == "【演练】转移"


def test_levels_and_urgencies_are_mapped() -> None:
    assert [exported(level=level).infos[0].severity for level in (1, 2, 3, 4, None)] == [
        *("Extreme", "Severe", "Moderate", "Minor", "Unknown")
    ]
    assert [
        (info.urgency, info.certainty)
        for info in (exported(urgency=each).infos[0] for each in ("critical", "urgent", "normal"))
    ] == [("Immediate", "Observed"), ("Expected", "Likely"), ("Future", "Possible")]


def test_what_is_asked_is_in_words_and_in_parameters() -> None:
    (info,) = exported().infos
    assert info.instruction == (
        "请于8月9日22时30分前签收。请于8月9日23时30分前反馈。反馈内容：转移人数（人）。"
    )
    assert dict(info.parameters) == {
        "文号": "浙防指〔2019〕12号",
        "应急响应等级": "Ⅱ级",
        "签收时限": "2019-08-09T22:30:00+08:00",
        "反馈时限": "2019-08-09T23:30:00+08:00",
    }
    assert info.expires == datetime(2019, 8, 9, 15, 30, tzinfo=UTC)


def test_areas_are_in_words_and_by_the_codes_of_the_state() -> None:
    (area,) = exported().infos[0].areas
    assert area.description == "台州市以下 乡镇"
    assert area.geocodes == (("GB/T 2260", "331000"),)
    assert geocode("33") == ("GB/T 2260", "330000")
    assert geocode("331081") == ("GB/T 2260", "331081")
    assert geocode("331081100") == ("GB/T 10114", "331081100")
    assert geocode("331081100201") == ("统计用区划代码", "331081100201")
    assert geocode("331081100201001") == ("zzd:unit", "331081100201001")


def test_a_line_on_the_map_is_a_closed_polygon_with_the_latitude_first() -> None:
    corners = [(28.1, 121.0), (28.1, 121.7), (28.6, 121.0)]
    area = exported(drawn=Drawn(corners, ["温岭市"])).infos[0].areas[-1]
    assert area.description == "地图圈定范围、温岭市"
    assert area.polygons[0].startswith("28.100000,121.000000 ")
    assert read_polygon(area.polygons[0]) == [*corners, corners[0]]


def test_a_closed_directive_cancels_its_message_and_a_later_one_updates_others() -> None:
    first = exported()
    closed = exported(closed_at=datetime(2019, 8, 10, tzinfo=UTC))
    assert (closed.msg_type, closed.identifier) == ("Cancel", "zzd-directive-7-closed")
    own = Reference(SENDER, first.identifier, first.sent)
    assert read_references(closed.references or "") == [own]
    assert closed.infos[0].response_types == ("AllClear",)
    update = exported(id=8, replaces=[own])
    assert update.msg_type == "Update"
    assert read_references(update.references or "") == [own]
    assert exported(replaces=()).references is None


def test_utc_is_written_as_the_standard_wants_it() -> None:
    at = datetime(2019, 8, 9, 13, 30, 5, 999_999, tzinfo=UTC)
    assert write_time(at) == "2019-08-09T13:30:05-00:00"
    assert write_time(at.astimezone(timezone(timedelta(hours=-3, minutes=-30)))) == (
        "2019-08-09T10:00:05-03:30"
    )
    assert write_references([Reference("a", "b", at)]) == "a,b,2019-08-09T13:30:05-00:00"
