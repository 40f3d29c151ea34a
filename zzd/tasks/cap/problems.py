"""What the intake of warnings refuses, by name."""

from __future__ import annotations

from collections.abc import Sequence

from zzd.errors import Conflict, Invalid, Problem
from zzd.tasks.cap.alerts import Fault


class CapInvalid(Invalid):
    """Its errors have ``rule`` beside ``pointer`` and ``detail``; docs/cap.md lists the rules."""

    code, title = "cap_invalid", "The document is no CAP 1.2 message that can be taken in"

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> CapInvalid:
        return cls(faults[0].detail, errors=[fault.as_dict() for fault in faults])


class WarningTooLarge(Problem):
    """``limit`` is in bytes."""

    status, code, title = 413, "warning_too_large", "A warning of this size is not taken in"


class WarningDiffers(Conflict):
    """``warning_id`` is the one that was taken in first."""

    code, title = "warning_differs", "Another document of this sender and identifier is there"


class WarningNotCurrent(Conflict):
    """``standing`` says why."""

    code, title = "warning_not_current", "Nothing is to be raised from this warning any more"
