"""People: the address book, cards and search for everybody, posts for unit administrators."""

from __future__ import annotations

from typing import Any

from flask import Response

from zzd.api import (
    Blueprint,
    Caller,
    allow,
    created,
    decode_cursor,
    no_content,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.orgtree import officials, posts
from zzd.orgtree.schemas import (
    AddressBookQuerySchema,
    LineSchema,
    OfficialCreationSchema,
    OfficialQuerySchema,
    OfficialSchema,
    PostChangeSchema,
    PostCreationSchema,
    PostSchema,
)

blueprint = Blueprint("officials", "Officials, their posts, and the lines these belong to")
SCOPE = "contacts.read"
CHANGERS = ("unit_admin",)


@blueprint.route("/lines", methods=["GET"])
@allow(Caller.ACCOUNT, scope="units.read")
@blueprint.response(200, page_schema(LineSchema))
def list_lines() -> Any:
    """All functional lines (条线)"""
    with reading() as session:
        return {"items": officials.list_lines(session), "next": None}


@blueprint.route("/units/<id:unit_id>/officials", methods=["GET"])
@allow(Caller.ACCOUNT, scope=SCOPE)
@blueprint.arguments(AddressBookQuerySchema, location="query")
@blueprint.response(200, page_schema(OfficialSchema))
def list_officials_of_unit(query: dict[str, Any], unit_id: int) -> Any:
    """The address book of a unit, with ``subtree`` of all below it as well

    In the order of the tree, leaders first; everybody once, where they come first.
    """
    after = decode_cursor(query["cursor"], str, int, int, int)
    with reading() as session:
        block = officials.address_book(
            session,
            unit_id,
            subtree=query["subtree"],
            line=query["line"],
            role=query["role"],
            reader=principal(),
        )
        rows = officials.page_officials(session, block, after=after, limit=query["limit"])
        return officials.describe_page(session, rows, query["limit"], reader=principal())


@blueprint.route("/officials", methods=["GET"])
@allow(Caller.ACCOUNT, scope=SCOPE)
@blueprint.arguments(OfficialQuerySchema, location="query")
@blueprint.response(200, page_schema(OfficialSchema))
def list_officials(query: dict[str, Any]) -> Any:
    """Officials by part of the name or the beginning of its pinyin initials, exact ones first"""
    after = decode_cursor(query["cursor"], int, str, int)
    with reading() as session:
        rows = officials.search_officials(
            session, query["q"], after=after, limit=query["limit"], reach=principal().reach
        )
        return officials.describe_page(session, rows, query["limit"], reader=principal())


@blueprint.route("/officials/<official:official_id>", methods=["GET"])
@allow(Caller.ACCOUNT, scope=SCOPE)
@blueprint.response(200, OfficialSchema)
def get_official(official_id: int) -> Any:
    """An official's card

    The telephone number is for those who stand above one of the posts, and for those in the
    same county; others read null.
    """
    with reading() as session:
        return officials.describe_official(session, official_id, reader=principal())


@blueprint.route("/officials", methods=["POST"])
@allow(Caller.ACCOUNT, roles=CHANGERS)
@blueprint.arguments(OfficialCreationSchema)
@blueprint.response(201, OfficialSchema)
@blueprint.alt_response(409, description="duplicate_staff_no, unit_not_active")
def create_official(body: dict[str, Any]) -> Any:
    """Add a person to the organisation, in a first post"""
    with transaction() as session:
        official, is_new = posts.create_official(session, by=principal(), **body)
        answer = officials.describe_official(session, official.id, reader=principal())
    return answer, 201 if is_new else 200, created(f"/officials/{official.id}")


@blueprint.route("/officials/<id:official_id>/posts", methods=["POST"])
@allow(Caller.ACCOUNT, roles=CHANGERS)
@blueprint.arguments(PostCreationSchema)
@blueprint.response(201, PostSchema)
@blueprint.alt_response(409, description="unit_not_active")
def add_post(body: dict[str, Any], official_id: int) -> Any:
    """Give an official another post (一人多岗)"""
    with transaction() as session:
        post, is_new = posts.add_post(session, by=principal(), official_id=official_id, **body)
        answer = officials.describe_post(session, post)
    return answer, 201 if is_new else 200, created(f"/officials/{official_id}")


@blueprint.route("/posts/<id:post_id>", methods=["PATCH"])
@allow(Caller.ACCOUNT, roles=CHANGERS)
@blueprint.arguments(PostChangeSchema)
@blueprint.response(200, PostSchema)
@blueprint.alt_response(409, description="post_ended, unit_not_active")
def update_post(body: dict[str, Any], post_id: int) -> Any:
    """Change a post, transfer it to another unit, or make it the official's primary one"""
    with transaction() as session:
        post = posts.change_post(session, by=principal(), post_id=post_id, **body)
        return officials.describe_post(session, post)


@blueprint.route("/posts/<id:post_id>", methods=["DELETE"])
@allow(Caller.ACCOUNT, roles=CHANGERS)
@blueprint.response(204)
@blueprint.alt_response(409, description="post_ended")
def end_post(post_id: int) -> Response:
    """End a post; the oldest of the others becomes primary if this one was"""
    with transaction() as session:
        posts.end_post(session, by=principal(), post_id=post_id)
    return no_content()
