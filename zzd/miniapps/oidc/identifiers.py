"""Who an official is to an app: a name of their own for each supplier, and more only by scope."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from zzd.api.persons import KNOWS_IDS
from zzd.miniapps.models import MiniApp
from zzd.miniapps.oidc.schemas import UserInfoSchema
from zzd.orgtree.models import Line, Unit
from zzd.orgtree.reach import ids_shown
from zzd.orgtree.remembered import REVISION, names_in
from zzd.pairwise import sub_of
from zzd.principal import Principal


class Around(NamedTuple):
    """What else is said of an official in a post: the app's supplier, the code of the post's unit,
    its line's name, and the revision of the tree in which this was read."""

    supplier: int
    unit_code: str | None
    line_name: str | None
    rev: int


AROUND = (
    select(MiniApp.developer_id, Unit.code, Line.name, REVISION)
    .select_from(MiniApp)
    .outerjoin(Unit, Unit.id == bindparam("unit_id"))
    .outerjoin(Line, Line.code == bindparam("line"))
    .where(MiniApp.id == bindparam("miniapp_id"))
)
SHAPE = UserInfoSchema()


def describe_user(
    session: Session, principal: Principal, *, key: str, around: Around | None = None
) -> dict[str, Any]:
    """What an app may know of the official: who it is only with the scope ``identity``, and the
    platform's own id only with ``identity.id``.

    ``sub`` is the same in all apps of a supplier, and in nobody else's: suppliers cannot put their
    data together. One statement, none where ``around`` was read before; and one more for names
    that nobody asked for in this revision.
    """
    around = around or _look_around(session, principal)
    scopes, post = principal.scopes or frozenset(), principal.post
    official_id = principal.official_id or 0
    told: dict[str, Any] = {"sub": sub_of(official_id, supplier=around.supplier, key=key)}
    if KNOWS_IDS in scopes:
        told["official_id"] = principal.official_id
    if post and "identity" in scopes:
        above = ids_shown(post.unit_path, principal.reach)
        names = names_in(session, around.rev, above)
        told |= {
            "name": principal.official_name,
            "post": {
                "title": post.title,
                "role": post.role,
                "line": {"code": post.line, "name": around.line_name},
            },
            "unit": {
                "id": post.unit_id,
                "code": around.unit_code,
                "name": post.unit_name,
                "level": post.level,
                "full_name": "".join(names[id_] for id_ in above),
            },
        }
    return told


def user_as_json(
    session: Session, principal: Principal, *, key: str, around: Around | None = None
) -> dict[str, Any]:
    """The same as userinfo, the answer to a code, ID tokens and pressed buttons tell it."""
    shown: dict[str, Any] = SHAPE.dump(describe_user(session, principal, key=key, around=around))
    return shown


def _look_around(session: Session, principal: Principal) -> Around:
    post = principal.post
    which = {
        "miniapp_id": principal.app_id,
        "unit_id": post.unit_id if post else None,
        "line": post.line if post else None,
    }
    return Around(*session.execute(AROUND, which).one())
