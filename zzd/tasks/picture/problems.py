"""What ringing those who are late refuses, by name."""

from __future__ import annotations

from zzd.errors import Conflict


class NobodyLate(Conflict):
    code, title = "nobody_late", "Nobody there is late whom a DING would reach"


class TooManyLate(Conflict):
    """``most`` is how many people one click rings."""

    code, title = "too_many_late", "So many are late that a smaller part must be chosen"
