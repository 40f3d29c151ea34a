"""The tree: to read for everybody signed in, to change for unit administrators."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from zzd.api import (
    Blueprint,
    Caller,
    PageQuerySchema,
    allow,
    created,
    decode_cursor,
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.errors import Invalid
from zzd.orgtree import audiences, structure, units
from zzd.orgtree.reach import access_unit, clip
from zzd.orgtree.schemas import (
    LevelCountSchema,
    OrgStateSchema,
    RevisionQuerySchema,
    UnitAbolitionSchema,
    UnitCreationSchema,
    UnitMergerSchema,
    UnitMoveSchema,
    UnitQuerySchema,
    UnitRenamingSchema,
    UnitSchema,
)

blueprint = Blueprint("units", "The organisation tree")
SCOPE = "units.read"
CHANGERS = ("unit_admin",)


@blueprint.route("/org-state", methods=["GET"])
@allow(Caller.ACCOUNT, scope=SCOPE)
@blueprint.response(200, OrgStateSchema)
def get_org_state() -> Any:
    """The revision that the tree is in"""
    with reading() as session:
        return {"rev": units.revision(session)}


@blueprint.route("/units", methods=["GET"])
@allow(Caller.ACCOUNT, scope=SCOPE)
@blueprint.arguments(UnitQuerySchema, location="query")
@blueprint.response(200, page_schema(UnitSchema))
def list_units(query: dict[str, Any]) -> Any:
    """Active units by code, or found by name, pinyin initials or the beginning of a code

    Exact matches first, then what begins with ``q``, then what contains it; higher levels first.
    """
    after = decode_cursor(query["cursor"], int, str, int)
    if after and after[0] < 0:
        raise Invalid.at("/query/cursor", "Not a cursor of this list")
    reach, level = principal().reach, query["level"]
    with reading() as session:
        if query["code"] is not None:
            found = units.find_by_code(session, query["code"], level=level, reach=reach)
            return {"items": units.describe_units(session, found, reach=reach), "next": None}
        rows = units.search_units(
            session, query["q"], level=level, after=after, limit=query["limit"], reach=reach
        )
        answer = page(rows, query["limit"], lambda row: row.position)
        shown = [row.unit for row in answer["items"]]
        answer["items"] = units.describe_units(session, shown, reach=reach)
    return answer


@blueprint.route("/units/<id:unit_id>", methods=["GET"])
@allow(Caller.ACCOUNT, scope=SCOPE)
@blueprint.arguments(RevisionQuerySchema, location="query")
@blueprint.response(200, UnitSchema)
def get_unit(query: dict[str, Any], unit_id: int) -> Any:
    """A unit, merged and abolished ones too; ``rev``: as it was in that revision of the tree"""
    reach = principal().reach
    with reading() as session:
        if query["rev"] is not None and reach is None:
            return units.describe_unit_as_of(session, unit_id, query["rev"])
        access_unit(session, unit_id, reader=principal())
        if query["rev"] is not None:
            return units.describe_unit_as_of(session, unit_id, query["rev"], reach=reach)
        return units.describe_unit(session, unit_id, reach=reach)


@blueprint.route("/units/<id:unit_id>/children", methods=["GET"])
@allow(Caller.ACCOUNT, scope=SCOPE)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(UnitSchema))
def list_children(query: dict[str, Any], unit_id: int) -> Any:
    """The active units directly below, by code"""
    after = decode_cursor(query["cursor"], str)
    reach = principal().reach
    with reading() as session:
        access_unit(session, unit_id, reader=principal())
        rows = units.page_children(
            session,
            unit_id,
            after_code=after[0] if after else None,
            limit=query["limit"],
            reach=reach,
        )
        answer = page(rows, query["limit"], lambda unit: (unit.code,))
        answer["items"] = units.describe_units(session, answer["items"], reach=reach)
    return answer


@blueprint.route("/units/<id:unit_id>/ancestors", methods=["GET"])
@allow(Caller.ACCOUNT, scope=SCOPE)
@blueprint.response(200, page_schema(UnitSchema))
def list_ancestors(unit_id: int) -> Any:
    """The units above, the root first"""
    with reading() as session:
        reach = principal().reach
        access_unit(session, unit_id, reader=principal())
        above = units.list_ancestors(session, unit_id, reach=reach)
        return {"items": units.describe_units(session, above, reach=reach), "next": None}


@blueprint.route("/units/<id:unit_id>/counts", methods=["GET"])
@allow(Caller.ACCOUNT, scope=SCOPE)
@blueprint.response(200, page_schema(LevelCountSchema, officials=fields.Integer()))
def get_counts(unit_id: int) -> Any:
    """How many active units each level has, from this unit down, and how many officials"""
    with reading() as session:
        unit = access_unit(session, unit_id, reader=principal())
        counts = units.count_by_level(session, unit)
        block = clip(audiences.narrow(session, unit), principal().reach)
        return {
            "items": [
                {"level": level, "units": count}
                for level, count in counts.items()
                if block.levels & 1 << level
            ],
            "next": None,
            "officials": audiences.count_officials(session, block),
        }


@blueprint.route("/units", methods=["POST"])
@allow(Caller.ACCOUNT, roles=CHANGERS)
@blueprint.arguments(UnitCreationSchema)
@blueprint.response(201, UnitSchema)
@blueprint.alt_response(409, description="duplicate_code, unit_not_active, idempotency_conflict")
@blueprint.alt_response(422, description="wrong_level, code_outside_parent")
def create_unit(body: dict[str, Any]) -> Any:
    """Create a unit, one level below its parent and with a code that begins with the parent's"""
    with transaction() as session:
        unit, is_new = structure.create_unit(session, by=principal(), **body)
        answer = units.describe_unit(session, unit.id)
    return answer, 201 if is_new else 200, created(f"/units/{unit.id}")


@blueprint.route("/units/<id:unit_id>", methods=["PATCH"])
@allow(Caller.ACCOUNT, roles=CHANGERS)
@blueprint.arguments(UnitRenamingSchema)
@blueprint.response(200, UnitSchema)
@blueprint.alt_response(409, description="unit_not_active")
def rename_unit(body: dict[str, Any], unit_id: int) -> Any:
    """Give a unit another name"""
    with transaction() as session:
        unit = structure.rename_unit(session, by=principal(), unit_id=unit_id, **body)
        return units.describe_unit(session, unit.id)


@blueprint.route("/units/<id:unit_id>/move", methods=["POST"])
@allow(Caller.ACCOUNT, roles=CHANGERS)
@blueprint.arguments(UnitMoveSchema)
@blueprint.response(200, UnitSchema)
@blueprint.alt_response(409, description="unit_cycle, unit_not_active, root_is_fixed")
@blueprint.alt_response(422, description="wrong_level, code_outside_parent")
def move_unit(body: dict[str, Any], unit_id: int) -> Any:
    """Put a unit, and all below it, under another parent of the same level

    For an administrator of both parents. Codes stay, but for the unit's own if one is given.
    """
    with transaction() as session:
        unit = structure.move_unit(session, by=principal(), unit_id=unit_id, **body)
        return units.describe_unit(session, unit.id)


@blueprint.route("/units/<id:unit_id>/merge", methods=["POST"])
@allow(Caller.ACCOUNT, roles=CHANGERS)
@blueprint.arguments(UnitMergerSchema)
@blueprint.response(200, UnitSchema)
@blueprint.alt_response(409, description="unit_cycle, unit_not_active, root_is_fixed")
@blueprint.alt_response(422, description="wrong_level")
def merge_unit(body: dict[str, Any], unit_id: int) -> Any:
    """Merge a unit into another of its level, which takes over its units and posts

    Answers the unit that was merged, with its successor.
    """
    with transaction() as session:
        unit = structure.merge_unit(session, by=principal(), unit_id=unit_id, **body)
        return units.describe_unit(session, unit.id)


@blueprint.route("/units/<id:unit_id>/abolish", methods=["POST"])
@allow(Caller.ACCOUNT, roles=CHANGERS)
@blueprint.arguments(UnitAbolitionSchema)
@blueprint.response(200, UnitSchema)
@blueprint.alt_response(409, description="unit_not_empty, unit_cycle, root_is_fixed")
@blueprint.alt_response(422, description="wrong_level")
def abolish_unit(body: dict[str, Any], unit_id: int) -> Any:
    """Abolish a unit; its units and posts go to the successor, without which it must be empty"""
    with transaction() as session:
        unit = structure.abolish_unit(session, by=principal(), unit_id=unit_id, **body)
        return units.describe_unit(session, unit.id)
