"""Whom directives address in many units at once: lines and duties, as on the directives' day.

It is ``policy.addressed`` the other way round. That asks of one post whether it is meant, by looking
at all audiences of the directive; here those of a whole batch are read once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Text, select
from sqlalchemy.orm import Session

from zzd.db import is_one_of
from zzd.principal import PATH_SEGMENT
from zzd.tasks.models import DirectiveAudience

# Pairs of a line and a duty, '' for any.
Meant = frozenset[tuple[str, str]]
ANYBODY: Meant = frozenset({("", "")})


class Addressed(Protocol):
    """An assignment, or as much of one."""

    @property
    def directive_id(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def level(self) -> int: ...


def meant_in(session: Session, wanted: Sequence[Addressed]) -> list[Meant]:
    """Which posts each of these is for, in its unit. One statement."""
    if not wanted:
        return []
    paths = {above for each in wanted for above in _at_and_above(each.path)}
    query = (
        select(
            DirectiveAudience.directive_id,
            DirectiveAudience.path,
            DirectiveAudience.levels,
            DirectiveAudience.line,
            DirectiveAudience.role,
        )
        .where(
            DirectiveAudience.directive_id.in_({each.directive_id for each in wanted}),
            is_one_of(session, DirectiveAudience.path, paths, Text),
        )
        .distinct()
    )
    audiences: dict[tuple[int, str], list[tuple[int, str, str]]] = defaultdict(list)
    for directive_id, path, levels, line, role in session.execute(query):
        audiences[directive_id, path].append((levels, line, role))
    return [_meant(audiences, each) for each in wanted]


def _meant(audiences: dict[tuple[int, str], list[tuple[int, str, str]]], each: Addressed) -> Meant:
    pairs = frozenset(
        (line, role)
        for path in _at_and_above(each.path)
        for levels, line, role in audiences.get((each.directive_id, path), ())
        if levels >> each.level & 1
    )
    return ANYBODY if pairs >= ANYBODY else pairs


def _at_and_above(path: str) -> list[str]:
    return [path[:end] for end in range(PATH_SEGMENT, len(path) + 1, PATH_SEGMENT)]
