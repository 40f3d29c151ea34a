"""Revisions of the tree, and the statements that rewrite whole blocks of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, literal, select, update
from sqlalchemy.orm import Session

from zzd.orgtree.audiences import PATH_END
from zzd.orgtree.models import OrgState, Unit, UnitVersion

SHAPE = ("parent_id", "level", "code", "name", "path", "status")


def begin_change(session: Session) -> int:
    """Wait for every other structural change and open a revision; returns its number.

    The first statement of its transaction that locks or reads the tree.
    """
    raised = (
        update(OrgState)
        .where(OrgState.id == 1)
        .values(rev=OrgState.rev + 1)
        .returning(OrgState.rev)
        .execution_options(synchronize_session=False)
    )
    return session.execute(raised).scalar_one()


def hold_still(session: Session) -> int:
    """Keep the tree as it is until the transaction ends; returns the revision it is in.

    For what must fit the tree when it is committed, such as a post or a directive. Many may
    hold it at once; like ``begin_change`` it comes before other locks.
    """
    return session.execute(
        select(OrgState.rev).where(OrgState.id == 1).with_for_update(read=True)
    ).scalar_one()


def move_paths(session: Session, block: str, onto: str, *, keep_from: int) -> None:
    """Replace what stands before ``keep_from`` in the paths of a block: one statement.

    With ``keep_from`` at the block's own end the unit at its head stays where it is.
    """
    moved = in_block(Unit.path, block)
    if keep_from == len(block):
        moved = and_(moved, Unit.path != block)
    session.execute(
        update(Unit)
        .where(moved)
        .values(path=literal(onto).concat(func.substr(Unit.path, keep_from + 1)))
        .execution_options(synchronize_session=False)
    )


def in_block(path: Any, block: str) -> ColumnElement[bool]:
    return and_(path >= block, path < block + PATH_END)


def renew_versions(session: Session, rev: int, concerned: ColumnElement[bool]) -> None:
    """Close the versions that hold until now, and open one with each unit's shape of today.

    ``concerned`` is a condition on UnitVersion as it was before the change.
    """
    session.execute(
        update(UnitVersion)
        .where(UnitVersion.rev_to.is_(None), concerned)
        .values(rev_to=rev)
        .execution_options(synchronize_session=False)
    )
    closed = select(UnitVersion.unit_id).where(UnitVersion.rev_to == rev, concerned)
    open_versions(session, rev, Unit.id.in_(closed))


def open_versions(session: Session, rev: int, units: ColumnElement[bool]) -> None:
    shapes = select(Unit.id, literal(rev), *(getattr(Unit, name) for name in SHAPE)).where(units)
    session.execute(
        insert(UnitVersion).from_select(["unit_id", "rev_from", *SHAPE], shapes),
        execution_options={"synchronize_session": False},
    )
