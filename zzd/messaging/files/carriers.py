"""What else carries files than messages: the rooms above say so here, with who may have them.

A room keeps a table of its own from what it carries to files. It registers the two conditions on
``File`` by it, takes files with ``take_files`` and gives them back with ``let_go``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import Invalid
from zzd.messaging.files.contents import describe_content
from zzd.messaging.files.models import File, MessageFile
from zzd.messaging.files.policy import may_have_by, sendable_files
from zzd.principal import Principal


@dataclass(frozen=True, slots=True)
class Carrier:
    """Something that carries files, besides messages.

    ``carries`` is the condition on File that it is carried at all, ``may_have`` that the caller
    may have it by that. Both are asked about few files at a time.
    """

    name: str
    carries: Callable[[Any], ColumnElement[bool]]
    may_have: Callable[[Session, Principal, Any], ColumnElement[bool]]


_carriers: dict[str, Carrier] = {}


def register_carrier(carrier: Carrier) -> None:
    _carriers[carrier.name] = carrier
    may_have_by(carrier.name, carrier.may_have)


def is_carried() -> ColumnElement[bool]:
    """The condition on File that something carries it: a message, or what is registered."""
    return or_(
        exists().where(MessageFile.file_id == File.id).correlate(File),
        *(carrier.carries(File.id) for carrier in _carriers.values()),
    )


def take_files(
    session: Session, by: Principal, file_ids: Sequence[int], *, pointer: str
) -> list[dict[str, Any]]:
    """Have these files carried, in this order; what everybody sees of them.

    The caller must be one who may have each, and its upload be complete. In the same transaction
    the carrier's own rows are written. Raises Invalid below ``pointer``.
    """
    found = sendable_files(session, by, file_ids)
    taken = []
    for place, file_id in enumerate(file_ids):
        file, blob = found.get(file_id, (None, None))
        if file is None:
            raise Invalid.at(f"{pointer}/{place}", "There is no such file for you to attach")
        if blob is None:
            raise Invalid.at(f"{pointer}/{place}", "The upload is not complete")
        taken.append(describe_content(file, blob))
    session.execute(
        update(File)
        .where(File.id.in_(file_ids), File.expires_at.is_not(None))
        .values(expires_at=None)
        .execution_options(synchronize_session=False)
    )
    return taken


def let_go(session: Session, file_ids: Collection[int]) -> None:
    """Whoever carried these files does not any more; what nobody carries is purged."""
    session.execute(
        update(File)
        .where(File.id.in_(file_ids), ~is_carried())
        .values(expires_at=clock.now())
        .execution_options(synchronize_session=False)
    )
