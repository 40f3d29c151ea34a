"""Codes of units: GB/T 2260 for provinces, cities and counties, the statistical codes of
townships and villages below them, and the project's own three digits for groups.

A code is an attribute: it says where the unit stood when it was given, and nothing follows it
when the unit moves. Wenzhou's 330371 became part of 330303 and its villages kept their codes.
"""

from __future__ import annotations

from zzd.orgtree.refusals import CodeOutsideParent, WrongLevel

CODE_LENGTHS = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12, 6: 15}
LEVEL_OF_CODE_LENGTH = {length: level for level, length in CODE_LENGTHS.items()}


def level_of(code: str) -> int | None:
    """The level whose codes are of this length, if there is one."""
    return LEVEL_OF_CODE_LENGTH.get(len(code)) if code.isascii() and code.isdigit() else None


def check_code(code: str, *, level: int, parent_code: str) -> None:
    """Whether a unit of ``level`` may be given this code below that parent.

    Raises WrongLevel, CodeOutsideParent.
    """
    if level not in CODE_LENGTHS:
        raise WrongLevel("/parent_id", "There is no level below groups")
    if level_of(code) != level:
        raise WrongLevel(
            "/code", f"The code of a unit of level {level} has {CODE_LENGTHS[level]} digits"
        )
    if not code.startswith(parent_code):
        raise CodeOutsideParent("/code", f"The code must begin with the parent's, {parent_code}")
