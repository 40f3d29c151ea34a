"""A random tree with its officials, and books kept of what they were seen to do: by our own rules,
which know nothing of how the product keeps its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import Conflict, Invalid
from zzd.orgtree.audiences import path_segment
from zzd.orgtree.models import Unit, UnitVersion
from zzd.principal import Grant, PostRef, Principal
from zzd.tasks import assignments, cascades, directives, responses
from zzd.tasks.ledger import folding
from zzd.tasks.lifecycle import endings, transfers, versions
from zzd.tasks.models import Assignment
from zzd.tasks.reporting import corrections, reports

SPEC = {"key": "moved", "name": "转移人数", "unit": "人", "minimum": 0, "required": False}
NOTES = {"number": None, "title": "转移", "text": "转移", "urgency": "urgent", "figures": [SPEC]}
OVER = ("returned", "transferred")
ACK, REPORT = 60, 120


@dataclass
class Told:
    """What our own book-keeping says of one unit's assignment, and whose subtree it came down."""

    origin: Unit
    at: str = "new"
    delivered: bool = False
    acknowledged: bool = False
    stood_down: bool = False
    cleared: bool = False
    given_to: Unit | None = None
    # Its final report came, and was opened to be corrected.
    final: bool = False
    opened: bool = False
    # When it has to acknowledge, in minutes after the first directive was issued.
    deadline: int = ACK
    # The figure of the latest report that counts; None within a report that left it out.
    reports: list[int | None] = field(default_factory=list)


@dataclass
class Version:
    directive: Any
    told: dict[int, Told]
    ended: str | None = None
    # Branches for which all clear was said.
    over: set[str] = field(default_factory=set)

    def is_over(self, unit: Unit) -> bool:
        return any(unit.path.startswith(path) for path in self.over)


class World:
    """A tree below a unit of its own, its officials, and what they were seen to do."""

    def __init__(self, session: Session, parents: list[int], levels: list[int]) -> None:
        self.session, self.levels = session, levels
        self.units = [self._unit(None, 1, 0)]
        for number, wanted in enumerate(parents, start=1):
            candidates = [unit for unit in self.units if unit.level < 6]
            parent = candidates[wanted % len(candidates)]
            self.units.append(self._unit(parent, parent.level + 1, number))
        self.issuer = self.official(self.units[0])
        self.versions = [self._kept(self._issue())]

    def _unit(self, parent: Unit | None, level: int, number: int) -> Unit:
        unit = Unit(
            code=f"9{number}",
            name=f"单位{number}",
            level=level,
            parent_id=parent.id if parent else None,
            path=f"new {number}",
        )
        self.session.add(unit)
        self.session.flush()
        unit.path = (parent.path if parent else "") + path_segment(unit.id)
        self.session.add(
            UnitVersion(
                unit_id=unit.id,
                rev_from=1,
                parent_id=unit.parent_id,
                level=level,
                code=unit.code,
                name=unit.name,
                path=unit.path,
                status="active",
            )
        )
        self.session.flush()
        return unit

    def official(self, unit: Unit) -> Principal:
        post = PostRef(
            unit.id, unit.id, unit.name, unit.path, unit.level, "water", "member", "职员"
        )
        grant = Grant(1, "issuer", self.units[0].id, self.units[0].path)
        return Principal(
            account_id=unit.id,
            username=f"u{unit.id}",
            session_id=None,
            official_id=unit.id,
            official_name="某人",
            post=post,
            posts=(post,),
            grants=(grant,) if unit is self.units[0] else (),
        )

    def _kept(self, directive: Any) -> Version:
        root = self.units[0]
        told = {unit.id: Told(root) for unit in self.units if unit.level in self.levels}
        return Version(directive, told)

    def _issue(self) -> Any:
        event, _ = responses.declare_event(
            self.session,
            by=self.issuer,
            name="台风",
            kind="typhoon",
            mode="actual",
            level=1,
            client_id=None,
        )
        whom = {"unit_id": self.units[0].id, "levels": self.levels, "line": None, "role": None}
        directive, _ = directives.issue_directive(
            self.session,
            by=self.issuer,
            event_id=event.id,
            audiences=[whom],
            ack_deadline=clock.now() + timedelta(minutes=ACK),
            report_deadline=clock.now() + timedelta(minutes=REPORT),
            client_id=None,
            **NOTES,
        )
        return directive

    def act(self, which: int, act: str, number: int) -> None:
        """Try it; what is refused must be what our own books refuse."""
        if act in ("update", "cancel"):
            self._end(act)
            return
        if act == "clear":
            self._clear(self.versions[-1], self.units[which % len(self.units)])
            return
        if act == "fold":
            # Any number of lines, at any moment: it is no part of our books.
            folding.fold_some(self.session, number % 9 + 1)
            return
        # Now and then somebody was away, and acts on what has been superseded meanwhile.
        version = self.versions[number % len(self.versions) if number % 3 == 0 else -1]
        unit = self.units[which % len(self.units)]
        told = version.told.get(unit.id)
        if told is None:
            return
        own = self.session.scalars(
            select(Assignment.id).filter_by(directive_id=version.directive.id, unit_id=unit.id)
        ).one()
        common = {"by": self.official(unit), "assignment_id": own}
        acts: dict[str, Callable[..., None]] = {
            "acknowledge": self._acknowledge,
            "start": self._start,
            "report": self._report,
            "final": self._final,
            "correct": self._correct,
            "complete": self._complete,
            "return": self._return,
            "stand_down": self._stand_down,
        }
        if act in acts:
            acts[act](version, told, common, number)
        elif act == "transfer":
            self._transfer(version, unit, common, self.units[number % len(self.units)])
        else:
            self._pass_on(version, unit, common, number)

    def _end(self, act: str) -> None:
        latest = self.versions[-1]
        common = {"by": self.issuer, "directive_id": latest.directive.id, "reason": "变化"}
        if act == "cancel":
            endings.cancel_directive(self.session, **common)
            latest.ended = "cancelled"
            return
        with refused_unless(latest.ended is None):
            made, _ = versions.update_directive(self.session, client_id=None, **common)
            latest.ended = "superseded"
            self.versions.append(self._kept(made))

    def _clear(self, version: Version, unit: Unit) -> None:
        """All clear for a branch, which is the whole at the issuer's unit: left to the others."""
        reached = any(
            each.path.startswith(unit.path) and each.id in version.told for each in self.units
        )
        if unit is self.units[0] or not reached:
            return
        with refused_unless(version.ended is None or unit.path in version.over):
            endings.all_clear(
                self.session,
                by=self.issuer,
                directive_id=version.directive.id,
                unit_id=unit.id,
                reason="风已过",
                override_reason=None,
            )
            version.over.add(unit.path)
            for other in self.units:
                told = version.told.get(other.id)
                if told and other.path.startswith(unit.path) and told.at != "transferred":
                    told.cleared = True

    def _acknowledge(self, version: Version, told: Told, common: Any, _number: int) -> None:
        with refused_unless(version.ended is None and told.at != "transferred"):
            assignments.acknowledge(self.session, **common)
            told.delivered = told.acknowledged = True
            if told.at in ("new", "returned"):
                told.at = "work"

    def _start(self, version: Version, told: Told, common: Any, _number: int) -> None:
        with refused_unless(version.ended is None and told.at not in ("new", *OVER)):
            assignments.start(self.session, **common)

    def _report(
        self, version: Version, told: Told, common: Any, number: int, kind: str | None = None
    ) -> None:
        figures = {} if number % 7 == 0 else {"moved": number}
        late = (version.ended is not None and told.at != "transferred") or told.at in OVER
        # A correction comes to what is completed as well, and leaves it so.
        fits = told.opened if told.final else told.at in ("work", "reported")
        with refused_unless(late or fits):
            said = {"text": "情况", "device_time": None, "client_id": None, "kind": kind}
            made = reports.report(self.session, **common, figures=figures, **said).report
            assert made.counted is not late
            if not late:
                told.at = "completed" if told.at == "completed" else "reported"
                told.final, told.opened = told.final or kind == "final", False
                told.reports.append(figures.get("moved"))

    def _final(self, version: Version, told: Told, common: Any, number: int) -> None:
        """What comes after it is refused, until it is opened."""
        self._acknowledge(version, told, common, number)
        self._report(version, told, common, number, kind="final")
        self._report(version, told, common, number + 1)

    def _correct(self, version: Version, told: Told, common: Any, number: int) -> None:
        self._reopen(version, told, common, number)
        if number % 2:
            self._report(version, told, common, number)

    def _reopen(self, version: Version, told: Told, common: Any, _number: int) -> None:
        asked = {**common, "by": self.issuer, "reason": "有误", "client_id": None}
        with refused_unless(told.opened or (told.final and version.ended is None)):
            corrections.open_correction(self.session, **asked)
            told.opened = True

    def _complete(self, version: Version, told: Told, common: Any, _number: int) -> None:
        with refused_unless(version.ended is None and told.at in ("reported", "completed")):
            assignments.complete(self.session, **common, reason="其余已确认")
            told.at = "completed"

    def _return(self, version: Version, told: Told, common: Any, _number: int) -> None:
        with refused_unless(version.ended is None and told.at in ("new", "work", "returned")):
            assignments.give_back(self.session, **common, reason="不属本单位")
            told.at, told.delivered = "returned", True

    def _stand_down(self, version: Version, told: Told, common: Any, _number: int) -> None:
        with refused_unless(version.ended == "cancelled" and told.at != "transferred"):
            assignments.stand_down(self.session, **common)
            told.stood_down = told.delivered

    def _transfer(self, version: Version, unit: Unit, common: Any, target: Unit) -> None:
        told = version.told[unit.id]
        open_to_give = version.ended is None and told.at in ("new", "work", "returned")
        open_to_give &= not told.cleared and not version.is_over(target)
        below = target.path != told.origin.path and target.path.startswith(told.origin.path)
        fresh = open_to_give and below and target.id not in version.told
        with refused_unless(fresh or told.given_to is target):
            transfers.hand_over(self.session, **common, unit_id=target.id, reason="属地")
            if fresh:
                told.at, told.given_to = "transferred", target
                version.told[target.id] = Told(told.origin, deadline=told.deadline)

    def _pass_on(self, version: Version, unit: Unit, common: Any, number: int) -> None:
        told, level = version.told[unit.id], unit.level + number % 2 + 1
        chosen = [
            other
            for other in self.units
            if other.path.startswith(unit.path) and other.level == level
        ]
        fresh = [
            other for other in chosen if other.id not in version.told and not version.is_over(other)
        ]
        had = [other for other in chosen if other.id in version.told]
        noted = [
            other
            for other in had
            if version.told[other.id].at not in OVER and not version.told[other.id].cleared
        ]
        if level > 6:
            return
        at_work = version.ended is None and told.at in ("work", "reported") and not told.cleared
        # Now and then it is to be done earlier.
        deadline = told.deadline - number % 3 * 10
        with refused_unless(at_work and bool(fresh or noted)):
            cascade, _ = cascades.pass_on(
                self.session,
                **common,
                levels=[level],
                unit_ids=None,
                note="请落实",
                ack_deadline=self.moment(deadline),
                report_deadline=None,
                client_id=None,
            )
            assert (cascade.units, cascade.noted) == (len(fresh), len(noted))
            version.told.update({other.id: Told(unit, deadline=deadline) for other in fresh})
            for other in noted:
                had_it = version.told[other.id]
                had_it.deadline = min(had_it.deadline, deadline)

    def moment(self, minute: int) -> datetime:
        """So many minutes after the first directive was issued."""
        first: datetime = self.versions[0].directive.ack_deadline
        return first + timedelta(minutes=minute - ACK)

    def expected(self, version: Version, top: Unit, whole: bool, minute: int) -> dict[str, Any]:
        """Counts and the sum of a unit, or of it and all below, from our own books."""
        parts = [
            told
            for unit in self.units
            if (told := version.told.get(unit.id)) is not None
            and told.at != "transferred"
            and (unit.path.startswith(top.path) if whole else unit is top)
        ]
        moved = [
            told.reports[-1] for told in parts if told.reports and told.reports[-1] is not None
        ]
        return {
            "addressed": len(parts),
            "delivered": sum(told.delivered for told in parts),
            "acknowledged": sum(told.acknowledged for told in parts),
            "reported": sum(bool(told.reports) for told in parts),
            "not_reported": sum(not told.reports for told in parts),
            "completed": sum(told.at == "completed" for told in parts),
            "returned": sum(told.at == "returned" for told in parts),
            "stood_down": sum(told.stood_down for told in parts),
            "overdue": sum(
                version.ended is None and minute > {"new": told.deadline, "work": REPORT}[told.at]
                for told in parts
                if told.at in ("new", "work") and not told.cleared
            ),
            "moved": sum(moved) if moved else None,
        }


@contextmanager
def refused_unless(allowed: bool) -> Iterator[None]:
    try:
        yield
    except (Conflict, Invalid):
        assert not allowed
    else:
        assert allowed


def numbers(row: dict[str, Any]) -> dict[str, Any]:
    names = (
        *("addressed", "delivered", "acknowledged", "reported", "not_reported", "completed"),
        *("returned", "stood_down", "overdue"),
    )
    return {**{name: row[name] for name in names}, "moved": row["figures"]["moved"]}
