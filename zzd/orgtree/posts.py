"""Officials and their posts: create, add, change, end.

Each change holds the tree still, so that no post is left in a unit dissolved meanwhile, and
holds the official, so that exactly one of their posts is primary as long as they have any.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.errors import Invalid, NotFound, NotPermitted, deny
from zzd.orgtree import events, policy
from zzd.orgtree.creations import Creation
from zzd.orgtree.models import Line, Official, OfficialTerm, Post, Unit
from zzd.orgtree.refusals import DuplicateStaffNumber, PostEnded, UnitNotActive
from zzd.orgtree.revisions import hold_still
from zzd.orgtree.terms import official_terms
from zzd.principal import Principal


def create_official(
    session: Session,
    *,
    by: Principal,
    name: str,
    post: dict[str, Any],
    phone: str | None = None,
    staff_no: str | None = None,
    client_id: str | None = None,
) -> tuple[Official, bool]:
    """Create an official in their first post; the flag says whether it was done just now.

    ``post`` has unit_id, line, title, role and order. Raises Invalid, NotPermitted,
    UnitNotActive, DuplicateStaffNumber.
    """
    creation = Creation(
        session,
        by=by,
        kind="official",
        client_id=client_id,
        name=name,
        post=post,
        phone=phone,
        staff_no=staff_no,
    )
    if creation.found:
        return session.get_one(Official, creation.found), False
    hold_still(session)
    unit = _unit_for_post(session, by, "official.create", post["unit_id"], "/post")
    _check_line(session, post["line"], "/post")
    if staff_no and session.scalar(select(Official.id).where(Official.staff_no == staff_no)):
        raise DuplicateStaffNumber("/staff_no", "Another official has this staff number")
    official = Official(name=name.strip(), phone=phone, staff_no=staff_no or uuid4().hex)
    session.add(official)
    session.flush()
    if rows := [
        {"term": term, "official_id": official.id} for term in official_terms(official.name)
    ]:
        session.execute(insert(OfficialTerm), rows)
    body = {name: post[name] for name in ("line", "title", "role", "order")}
    _place(session, official, unit, is_primary=True, **body)
    creation.made(official.id)
    _record(session, by, "official.create", official.id, unit_id=unit.id)
    return official, True


def add_post(
    session: Session,
    *,
    by: Principal,
    official_id: int,
    unit_id: int,
    line: str,
    title: str,
    role: str,
    order: int = 0,
    is_primary: bool = False,
    client_id: str | None = None,
) -> tuple[Post, bool]:
    """Give an official another post; the flag says whether it was done just now.

    The first one is primary whatever was asked. Making it primary takes that from another
    post, for which the caller must administer that one's unit as well.
    Raises NotFound, Invalid, NotPermitted, UnitNotActive.
    """
    body: dict[str, Any] = {"line": line, "title": title, "role": role, "order": order}
    creation = Creation(
        session,
        by=by,
        kind="post",
        client_id=client_id,
        official_id=official_id,
        unit_id=unit_id,
        is_primary=is_primary,
        **body,
    )
    if creation.found:
        return session.get_one(Post, creation.found), False
    hold_still(session)
    official = _hold_official(session, by, "post.add", official_id)
    unit = _unit_for_post(session, by, "post.add", unit_id)
    _check_line(session, line)
    primary = _primary_post(session, official.id)
    if is_primary and primary:
        _take_primary(session, by, "post.add", primary)
    post = _place(session, official, unit, is_primary=is_primary or primary is None, **body)
    creation.made(post.id)
    _record(session, by, "post.add", official.id, post_id=post.id, unit_id=unit.id)
    return post, True


def change_post(session: Session, *, by: Principal, post_id: int, **changes: Any) -> Post:
    """Change unit_id, line, title, role, order of a post, or make it the primary one.

    Raises NotFound, PostEnded, Invalid, NotPermitted, UnitNotActive.
    """
    post = _hold_post(session, by, "post.change", post_id)
    if (unit_id := changes.get("unit_id", post.unit_id)) != post.unit_id:
        post.unit_id = _unit_for_post(session, by, "post.change", unit_id).id
    if "line" in changes:
        post.line_code = _check_line(session, changes["line"])
    if changes.get("is_primary") and not post.is_primary:
        if primary := _primary_post(session, post.official_id):
            _take_primary(session, by, "post.change", primary)
        post.is_primary = True
    for name in ("title", "role", "order"):
        setattr(post, name, changes.get(name, getattr(post, name)))
    session.flush()
    _record(session, by, "post.change", post.official_id, post_id=post.id, **changes)
    return post


def end_post(session: Session, *, by: Principal, post_id: int) -> None:
    """End a post; if it was the primary one, the oldest of the others is from now on.

    Raises NotFound, PostEnded, NotPermitted.
    """
    post = _hold_post(session, by, "post.end", post_id)
    was_primary, post.is_primary, post.ended_at = post.is_primary, False, clock.now()
    session.flush()
    if was_primary:
        others = select(Post).where(Post.official_id == post.official_id, Post.ended_at.is_(None))
        if heir := session.scalar(others.order_by(Post.id).limit(1)):
            heir.is_primary = True
            session.flush()
    _record(session, by, "post.end", post.official_id, post_id=post.id, unit_id=post.unit_id)


def _hold_official(session: Session, by: Principal, action: str, official_id: int) -> Official:
    """The official, whose posts nobody else changes until the end; never the caller's own.

    Raises NotFound, NotPermitted.
    """
    if official_id == by.official_id:
        problem = NotPermitted("Somebody else must change your own posts")
        raise deny(problem, action, "official", official_id)
    official = session.get(
        Official, official_id, populate_existing=True, with_for_update={"key_share": True}
    )
    if official is None or official.status != "active":
        raise NotFound
    return official


def _hold_post(session: Session, by: Principal, action: str, post_id: int) -> Post:
    """A post that the caller administers. Raises NotFound, PostEnded, NotPermitted."""
    hold_still(session)
    official_id = session.scalar(select(Post.official_id).where(Post.id == post_id))
    if official_id is None:
        raise NotFound
    _hold_official(session, by, action, official_id)
    post = session.get_one(Post, post_id, populate_existing=True)
    unit = session.get_one(Unit, post.unit_id)
    policy.require_administrator(by, action, [(unit.id, unit.path)])
    if post.ended_at is not None:
        raise PostEnded
    return post


def _unit_for_post(
    session: Session, by: Principal, action: str, unit_id: int, pointer: str = ""
) -> Unit:
    unit = session.get(Unit, unit_id, populate_existing=True)
    if unit is None:
        raise Invalid.at(f"{pointer}/unit_id", "There is no such unit")
    policy.require_administrator(by, action, [(unit.id, unit.path)])
    if unit.status != "active":
        raise UnitNotActive(f"{pointer}/unit_id", f"The unit {unit.name} was {unit.status}")
    return unit


def _check_line(session: Session, line: str, pointer: str = "") -> str:
    if session.get(Line, line) is None:
        raise Invalid.at(f"{pointer}/line", "There is no such line")
    return line


def _primary_post(session: Session, official_id: int) -> Post | None:
    return session.scalar(
        select(Post).where(
            Post.official_id == official_id, Post.is_primary, Post.ended_at.is_(None)
        )
    )


def _take_primary(session: Session, by: Principal, action: str, primary: Post) -> None:
    unit = session.get_one(Unit, primary.unit_id)
    policy.require_administrator(by, action, [(unit.id, unit.path)])
    primary.is_primary = False
    # Before the other one becomes primary: the database allows only one at any moment.
    session.flush()


def _place(
    session: Session,
    official: Official,
    unit: Unit,
    *,
    line: str,
    title: str,
    role: str,
    order: int,
    is_primary: bool,
) -> Post:
    post = Post(
        official_id=official.id,
        unit_id=unit.id,
        line_code=line,
        title=title.strip(),
        role=role,
        order=order,
        is_primary=is_primary,
    )
    session.add(post)
    session.flush()
    return post


def _record(session: Session, by: Principal, action: str, official_id: int, **detail: Any) -> None:
    audit.append(session, action, by=by, object_kind="official", object_id=official_id, **detail)
    events.publish_post_change(session, official_id)
