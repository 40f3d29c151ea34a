"""Why a change of the tree or of a post is refused; nothing is changed then."""

from __future__ import annotations

from zzd.errors import Conflict, Invalid, Problem


class _AtPointer(Problem):
    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail, errors=[{"pointer": pointer, "detail": detail}])


class WrongLevel(_AtPointer, Invalid):
    code, title = "wrong_level", "A unit stands one level below its parent"


class CodeOutsideParent(_AtPointer, Invalid):
    code, title = "code_outside_parent", "A code begins with the parent's code"


class DuplicateCode(_AtPointer, Conflict):
    code, title = "duplicate_code", "Another active unit has this code"


class UnitCycle(_AtPointer, Conflict):
    code, title = "unit_cycle", "A unit cannot stand below itself"


class UnitNotActive(_AtPointer, Conflict):
    code, title = "unit_not_active", "The unit was merged or abolished"


class UnitNotEmpty(Conflict):
    code, title = "unit_not_empty", "The unit still has units or posts; name a successor for them"


class RootIsFixed(Conflict):
    code, title = "root_is_fixed", "The root of the tree can only be renamed"


class DuplicateStaffNumber(_AtPointer, Conflict):
    code, title = "duplicate_staff_no", "Another official has this staff number"


class PostEnded(Conflict):
    code, title = "post_ended", "The post has ended"
