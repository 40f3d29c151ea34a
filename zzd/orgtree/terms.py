"""What units and officials are found by: suffixes of names and of their pinyin initials.

A query is a prefix of a term, so "contains" is a range of an index on both databases. The
whole name and its whole initials begin with ``WHOLE``, so that what begins with a query is
told from what merely contains it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin

WHOLE = "^"
# After every character that a term may go on with, in the order of bytes.
TERM_END = "\U0010ffff"
# The lengths that the columns of zzd.orgtree.models hold.
LONGEST_UNIT_TERM = 100
LONGEST_OFFICIAL_TERM = 50


def normalise(text: str) -> str:
    """Text as terms are kept and looked for: one width, lower case, no white space."""
    return "".join(unicodedata.normalize("NFKC", text).replace(WHOLE, "").lower().split())


def unit_terms(name: str) -> set[str]:
    """Every suffix of a unit's name and of its pinyin initials.

    石塘镇 is found by 石塘, 塘镇, st, tz ….
    """
    name = normalise(name)
    return _terms(name, LONGEST_UNIT_TERM) | _terms(_initials(name), LONGEST_UNIT_TERM)


def official_terms(name: str) -> set[str]:
    """Every suffix of a person's name, the name's pinyin, that of what follows the surname's
    character, and the initials: 陈海波 is found by 海波, chenhaibo, haibo and chb.

    A surname's readings are all taken, for they differ from the common word's (单 is Shan).
    """
    return set(_official_terms(name))


@lru_cache(maxsize=1 << 16)
def _official_terms(name: str) -> frozenset[str]:
    name = normalise(name)
    if not name:
        return frozenset()
    initials = _initials(name)
    readings = pinyin(name[0], style=Style.FIRST_LETTER, heteronym=True)[0]
    whole = {initials, *(normalise(first) + initials[1:] for first in readings)}
    given = normalise("".join(lazy_pinyin(name)[1:]))
    full = {
        normalise(one) + given for one in pinyin(name[0], style=Style.NORMAL, heteronym=True)[0]
    }
    parts = {given[:LONGEST_OFFICIAL_TERM]} - {""}
    return frozenset(
        _terms(name, LONGEST_OFFICIAL_TERM)
        | {(WHOLE + term)[:LONGEST_OFFICIAL_TERM] for term in whole | full}
        | parts
    )


def _initials(name: str) -> str:
    return normalise("".join(lazy_pinyin(name, style=Style.FIRST_LETTER)))


def _terms(text: str, longest: int) -> set[str]:
    return {(text[start:] if start else WHOLE + text)[:longest] for start in range(len(text))}
