"""Units nobody answers for, where there are many: counted beside the requests, and not told before
it is known of just these units."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from tests.orgtree.plans import grow, plans_of
from tests.tasks.scenes import (
    CANGAO,
    DONGHAI,
    HAILI,
    HAIMEN,
    ISSUER,
    PROVINCE,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    Scene,
)
from zzd import clock
from zzd.db import database, reading, transaction
from zzd.identity.models import Account
from zzd.identity.principals import principal_of_account
from zzd.orgtree import tallies
from zzd.orgtree.models import Official, Post, Tally, Unit
from zzd.principal import Principal
from zzd.tasks import rollups, staffing
from zzd.tasks.ledger import folding
from zzd.tasks.ledger.models import LedgerBalance
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.staffing import is_due

ISSUED = datetime(2019, 8, 9, 8, tzinfo=UTC)
PLACES = (PROVINCE, TAIZHOU, WENLING, SHITANG, SONGMEN, DONGHAI)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than two units are many, and are counted two by two."""
    monkeypatch.setattr(tallies, "SMALL", 2)
    monkeypatch.setattr(tallies, "AT_ONCE", 2)


def officers_of_villages(scene: Scene) -> dict[str, Any]:
    """To the flood-control officers of everything below 台州市: some villages have none."""
    return scene.issue(
        audiences=[
            scene.all_below(TAIZHOU, line="flood_control", role="duty_officer", levels=[3, 4, 5])
        ]
    )


def unstaffed_by_hand(session: Session, directive: dict[str, Any], code: str) -> int:
    """One unit after the other, from the posts."""
    top = session.scalars(select(Unit.path).filter_by(code=code)).one()
    found = 0
    for each in session.scalars(select(Assignment).filter_by(directive_id=int(directive["id"]))):
        if not each.path.startswith(top):
            continue
        held = session.execute(
            select(Post, Official).join(Official).where(Post.unit_id == each.unit_id)
        )
        found += not any(
            post.ended_at is None
            and official.status == "active"
            and (post.line_code, post.role) == ("flood_control", "duty_officer")
            for post, official in held
        )
    return found


def shown(scene: Scene, directive: dict[str, Any]) -> dict[str, int | None]:
    return {code: scene.rollup(directive, code)["total"]["unstaffed"] for code in PLACES}


def by_hand(directive: dict[str, Any]) -> dict[str, int]:
    with reading() as session:
        return {code: unstaffed_by_hand(session, directive, code) for code in PLACES}


def leave(code: str) -> None:
    with transaction() as session:
        unit_id = session.scalars(select(Unit.id).filter_by(code=code)).one()
        session.execute(
            update(Post)
            .where(Post.unit_id == unit_id, Post.role == "duty_officer")
            .values(ended_at=clock.now())
        )


def retire(code: str) -> None:
    with transaction() as session:
        unit_id = session.scalars(select(Unit.id).filter_by(code=code)).one()
        holders = select(Post.official_id).where(
            Post.unit_id == unit_id, Post.role == "duty_officer"
        )
        session.execute(
            update(Official).where(Official.id.in_(holders)).values(status="left"),
            execution_options={"synchronize_session": False},
        )


def test_what_is_large_is_told_once_it_was_counted(scene: Scene, large: None) -> None:
    leave(SONGMEN)
    retire(DONGHAI)
    directive = officers_of_villages(scene)
    on_demand = by_hand(directive)
    assert on_demand[TAIZHOU] > on_demand[SHITANG] > 0
    before = shown(scene, directive)
    # No request waits for many units; few are counted when they are asked for.
    assert [before[code] for code in (PROVINCE, TAIZHOU, WENLING)] == [None] * 3
    assert before[DONGHAI] == on_demand[DONGHAI]
    staffing.count_due()
    assert shown(scene, directive) == on_demand
    # Each row too, and a place's own.
    for code in PLACES:
        page = scene.rollup(directive, code)
        own = [page["own"]] if page["own"] else []
        assert sum(row["unstaffed"] for row in page["rows"] + own) == on_demand[code]


def test_a_large_part_is_as_it_was_counted_and_a_small_one_as_it_is(
    scene: Scene, large: None
) -> None:
    directive = officers_of_villages(scene)
    staffing.count_due()
    before = shown(scene, directive)
    leave(SONGMEN)
    now = by_hand(directive)
    assert now[TAIZHOU] == before[TAIZHOU] + 1
    then = shown(scene, directive)
    assert (then[TAIZHOU], then[SONGMEN]) == (before[TAIZHOU], now[SONGMEN])
    # Not yet due; then it is, and everybody knows.
    staffing.count_due()
    assert shown(scene, directive)[TAIZHOU] == before[TAIZHOU]
    with clock.at(clock.now() + 2 * staffing.COUNT_AGAIN):
        staffing.count_due()
        assert shown(scene, directive) == now


def test_of_units_that_were_added_since_it_is_not_known(scene: Scene, large: None) -> None:
    """What was counted is of other units then: it is told no more, until it is counted again."""
    directive = scene.issue(SHITANG, SONGMEN, HAIMEN, CANGAO)
    staffing.count_due()
    before = shown(scene, directive)
    scene.acknowledge(SHITANG, directive)
    scene.pass_on(SHITANG, directive, levels=[5])
    for code in (PROVINCE, TAIZHOU, WENLING):
        assert scene.rollup(directive, code)["total"]["unstaffed"] is None
    with clock.at(clock.now() + 2 * staffing.COUNT_AGAIN):
        staffing.count_due()
    rows = {row["unit"]["code"]: row for row in scene.rollup(directive, SHITANG)["rows"]}
    # 海利村 has nobody.
    assert (rows[DONGHAI]["unstaffed"], rows[HAILI]["unstaffed"]) == (0, 1)
    for code in (PROVINCE, TAIZHOU, WENLING):
        assert scene.rollup(directive, code)["total"]["unstaffed"] == (before[code] or 0) + 1


def test_only_what_is_large_is_counted(scene: Scene, session: Session) -> None:
    officers_of_villages(scene)
    staffing.count_due()
    assert session.scalars(select(Tally.subject)).all() == []


def test_what_one_counts_the_others_leave(app: Flask, scene: Scene, large: None) -> None:
    directive = officers_of_villages(scene)
    staffing.count_due()
    with reading() as session:
        counted = session.scalars(select(Tally.counted_at)).one()
    staffing.count_due()
    with reading() as session:
        assert session.scalars(select(Tally.counted_at)).one() == counted
        assert staffing._due(session, clock.now()) == []
        later = clock.now() + timedelta(minutes=2)
        assert staffing._due(session, later) == [int(directive["id"])]


@pytest.mark.parametrize(
    ("age", "rest", "units", "due"),
    [
        (timedelta(0), None, 250_000, True),
        (timedelta(0), timedelta(seconds=59), 5_000, False),
        (timedelta(0), timedelta(seconds=61), 5_000, True),
        (timedelta(0), timedelta(minutes=9), 250_000, False),
        (timedelta(0), timedelta(minutes=11), 250_000, True),
        (timedelta(hours=1), timedelta(seconds=61), 5_000, True),
        (timedelta(days=1), timedelta(minutes=23), 5_000, False),
        (timedelta(days=1), timedelta(minutes=25), 5_000, True),
    ],
)
def test_the_older_and_larger_a_directive_the_less_often_it_is_counted(
    age: timedelta, rest: timedelta | None, units: int, due: bool
) -> None:
    counted_at = ISSUED + age
    now = counted_at + (rest or timedelta(0))
    assert is_due(ISSUED, None if rest is None else counted_at, now, units=units) is due


@pytest.fixture
def to_all_villages(app: Flask, scene: Scene) -> tuple[Principal, int]:
    """Of 5,000 units with three people each; who issued, and the directive's id."""
    grow()
    directive = scene.issue(audiences=[scene.all_below(PROVINCE, levels=[5])])
    with database().engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    with reading() as session:
        account = session.scalars(select(Account).where(Account.username == ISSUER)).one()
        primary = select(Post.id).where(Post.official_id == account.official_id, Post.is_primary)
        caller = principal_of_account(session, account.id, post_id=session.scalar(primary))
        wanted = session.get_one(Directive, int(directive["id"]))
    assert caller is not None
    assert wanted.units > tallies.SMALL
    return caller, wanted.id


def test_the_roll_up_of_a_province_reads_no_posts(to_all_villages: tuple[Principal, int]) -> None:
    caller, directive_id = to_all_villages

    def ask(session: Session) -> None:
        rollups.roll_up(session, by=caller, directive_id=directive_id, unit_id=None)

    def posts(plan: str) -> bool:
        return "ix_post" in plan or " post" in plan

    before = plans_of(ask)
    assert not posts(before), before
    staffing.count_due()
    counted = plans_of(ask)
    assert "tally_part" in counted
    assert not posts(counted), counted


def test_the_roll_up_of_a_province_reads_the_ledger_and_no_units(
    to_all_villages: tuple[Principal, int],
) -> None:
    caller, directive_id = to_all_villages
    folding.fold()

    def ask(session: Session) -> None:
        rollups.roll_up(session, by=caller, directive_id=directive_id, unit_id=None)

    plan = plans_of(ask)
    assert "ledger_balance" in plan
    for name in ("standing_figure", "ix_assignment_directive_path"):
        assert name not in plan, plan
    with reading() as session:
        # 5,000 units are a line for each county, and for all below it.
        assert session.scalars(select(func.count()).select_from(LedgerBalance)).one() < 50


def test_a_county_is_read_by_its_range(to_all_villages: tuple[Principal, int]) -> None:
    caller, directive_id = to_all_villages
    with reading() as session:
        county_id = session.scalars(select(Unit.id).where(Unit.code == "339912")).one()

    def sums(session: Session) -> None:
        rollups.roll_up(session, by=caller, directive_id=directive_id, unit_id=county_id)

    def who_has_not(session: Session) -> None:
        rollups.list_assignments(
            session, by=caller, directive_id=directive_id, unit_id=county_id,
            state="not_acknowledged", after_path=None, limit=50,
        )  # fmt: skip

    for ask in (sums, who_has_not):
        plan = plans_of(ask)
        assert "ix_assignment_directive_path" in plan
        for line in plan.splitlines():
            assert "Seq Scan on assignment" not in line, plan
            assert "Seq Scan on post" not in line, plan
            assert not line.startswith(("SCAN assignment", "SCAN post")), plan
