"""Who may change the organisation, and who sees telephone numbers.

Everybody signed in may read the tree, the posts and who holds them.
"""

from __future__ import annotations

from collections.abc import Iterable

from zzd.audit.log import deny
from zzd.errors import NotPermitted
from zzd.orgtree.audiences import ancestor_ids
from zzd.principal import PATH_SEGMENT, PostRef, Principal

COUNTY = 3


def may_administer(principal: Principal, unit_path: str) -> bool:
    """A unit administrator of the unit at this path or of one above it.

    Compared by id: the paths that the principal brings may be older than the tree.
    """
    above = set(ancestor_ids(unit_path))
    return any(grant.unit_id in above for grant in principal.grants_of("unit_admin"))


def require_administrator(
    principal: Principal, action: str, units: Iterable[tuple[int, str]]
) -> None:
    """Raises NotPermitted, audited, unless the caller administers every (id, path) given."""
    for unit_id, path in units:
        if not may_administer(principal, path):
            raise deny(
                NotPermitted("Only a unit administrator of this unit may do this"),
                action,
                "unit",
                unit_id,
            )


def may_see_phone(principal: Principal, official_id: int, unit_paths: Iterable[str]) -> bool:
    """Whether the caller sees the number of an official with posts at these paths.

    An official at county level or below sees the numbers of the whole county; one of the
    province or a city those of their own unit and all below it. So whoever stands above
    somebody can call them, and neighbours in a county can call each other. One's own is seen
    always; an account without an official sees none.
    """
    if principal.official_id == official_id:
        return True
    reaches = [_reach_of(post) for post in principal.posts]
    return any(path.startswith(reach) for path in unit_paths for reach in reaches)


def _reach_of(post: PostRef) -> str:
    return post.unit_path[: PATH_SEGMENT * COUNTY]
