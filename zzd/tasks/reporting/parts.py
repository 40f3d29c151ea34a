"""What a sum is made of: the reports behind a figure, a kind of risk or casualties at a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select
from sqlalchemy.orm import Session

from zzd.errors import Invalid
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.reporting.models import WHOLE, Report, StandingFigure
from zzd.tasks.reporting.showing import describe_reports
from zzd.tasks.reporting.standing import at_and_below
from zzd.tasks.staffing import below


@dataclass(frozen=True, slots=True)
class Asked:
    """Which number of the roll-up is opened: ``figure``, of one ``risk`` or whole, or
    ``casualty``; of the unit and all below it, or (``own``) of the unit alone."""

    figure: str | None
    risk: str | None
    casualty: str | None
    own: bool


def open_sum(
    session: Session,
    *,
    by: Principal,
    directive_id: int,
    unit_id: int | None,
    asked: Asked,
    after_path: str | None,
    limit: int,
) -> dict[str, Any]:
    """Up to ``limit + 1`` reports whose numbers add up to the sum, in the order of the tree,
    with the sum itself (null where there is none) and how many they are.

    Whoever may see the roll-up at the unit may open every number of it. Raises NotFound, Invalid.
    """
    directive, place = policy.access_rollup(session, by, directive_id, unit_id, "directive.parts")
    path, value, conditions = _range(directive, place, asked)
    total, count = session.execute(select(func.sum(value), func.count()).where(*conditions)).one()
    query = (
        select(Assignment, value)
        .where(*conditions)
        .where(Assignment.directive_id == directive.id, Assignment.path == path)
        .order_by(path)
        .limit(limit + 1)
    )
    if after_path is not None:
        query = query.where(path > after_path)
    rows = [(row, int(number)) for row, number in session.execute(query)]
    return {
        "rows": rows,
        "sum": None if total is None else int(total),
        "count": count,
        "directive": directive,
    }


def describe_parts(
    session: Session, by: Principal, directive: Directive, rows: list[tuple[Assignment, int]]
) -> list[dict[str, Any]]:
    """Each with its unit and its report; a fixed number of statements."""
    places = units_as_of(session, [(row.unit_id, directive.rev) for row, _ in rows])
    ids = [row.latest_report_id for row, _ in rows]
    reports = {
        report["assignment_id"]: report
        for report in describe_reports(session, by, Report.id.in_(ids))
    }
    return [
        {
            "unit": places[row.unit_id, directive.rev],
            "assignment_id": row.id,
            "value": number,
            "report": reports[row.id],
        }
        for row, number in rows
    ]


def _range(
    directive: Directive, place: Place, asked: Asked
) -> tuple[Any, Any, tuple[ColumnElement[bool], ...]]:
    """The path and the number, as expressions, and the conditions on the rows that have them."""
    if asked.casualty is not None:
        number = getattr(Assignment, asked.casualty)
        conditions = (*below(directive.id, place.path), number.is_not(None))
        path: Any = Assignment.path
    else:
        spec = next((each for each in directive.figures if each["key"] == asked.figure), None)
        if spec is None:
            raise Invalid.at("/query/figure", "The directive does not ask for this figure")
        known = {risk["key"] for risk in spec.get("risks") or ()}
        if asked.risk is not None and asked.risk not in known:
            raise Invalid.at("/query/risk", "The directive does not ask for this kind of risk")
        number, path = StandingFigure.value, StandingFigure.path
        conditions = (
            *at_and_below(directive.id, place.path),
            and_(StandingFigure.key == asked.figure, StandingFigure.risk == (asked.risk or WHOLE)),
        )
    if asked.own:
        conditions = (*conditions, path == literal(place.path))
    return path, number, conditions
