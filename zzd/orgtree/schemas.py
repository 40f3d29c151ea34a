"""The shapes of units, posts, officials and audiences in JSON, for every package."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from zzd.api import Id, Name, OfficialId, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.orgtree.audiences import LEVELS, ROLES


def _example(value: Any) -> dict[str, Any]:
    return {"example": value}


def level_field(**kwargs: Any) -> fields.Integer:
    """1 province to 6 group; a whole number and nothing like one."""
    return fields.Integer(strict=True, validate=validate.OneOf(list(LEVELS)), **kwargs)


def role_field(**kwargs: Any) -> fields.String:
    """The duty in a post."""
    return fields.String(validate=validate.OneOf(list(ROLES)), **kwargs)


def code_field(**kwargs: Any) -> fields.String:
    """A unit's code, of any level."""
    digits = validate.Regexp(r"^[0-9]{1,15}\Z", error="A code is 2 to 15 digits.")
    return fields.String(validate=digits, **kwargs)


class LineSchema(Schema):
    """A functional line (条线)."""

    code = fields.String(metadata=_example("flood_control"))
    name = fields.String(metadata=_example("防汛防台"))


class UnitRefSchema(Schema):
    id = Id(metadata=_example("109"))
    code = fields.String(metadata=_example("331081100"))
    name = fields.String(metadata=_example("石塘镇"))
    level = fields.Integer(metadata=_example(4))


class UnitOfPostSchema(UnitRefSchema):
    full_name = fields.String(metadata=_example("浙江省台州市温岭市石塘镇"))


class UnitSchema(UnitOfPostSchema):
    """A unit of the tree; the code may change, the id never does."""

    parent_id = Id(allow_none=True, metadata=_example("12"))
    status = fields.String(
        validate=validate.OneOf(["active", "merged", "abolished"]), metadata=_example("active")
    )
    successor_id = Id(allow_none=True, metadata=_example(None))
    has_children = fields.Boolean(metadata=_example(True))


class PostSchema(Schema):
    """A place in a unit (岗位)."""

    id = Id(metadata=_example("4711"))
    unit = fields.Nested(UnitOfPostSchema)
    line = fields.Nested(LineSchema)
    title = fields.String(metadata=_example("值班员"))
    role = fields.String(metadata=_example("duty_officer"))
    order = fields.Integer(metadata=_example(0))
    is_primary = fields.Boolean(metadata=_example(True))


class OfficialSchema(Schema):
    """An official's card. ``phone`` is null where the reader may not see it."""

    id = OfficialId(metadata=_example("815"))
    name = fields.String(metadata=_example("陈海波"))
    phone = fields.String(allow_none=True, metadata=_example("13800000000"))
    posts = fields.List(fields.Nested(PostSchema))


class OfficialRefSchema(Schema):
    """An official as named beside what they did."""

    id = OfficialId(metadata=_example("815"))
    name = fields.String(metadata=_example("陈海波"))
    post_title = fields.String(metadata=_example("值班员"))
    unit_name = fields.String(metadata=_example("石塘镇"))


class AudienceSchema(Schema):
    """A part of the organisation, and the same in words."""

    unit_id = Id(metadata=_example("3"))
    levels = fields.List(fields.Integer(), metadata=_example([4]))
    line = fields.String(allow_none=True, metadata=_example("flood_control"))
    role = fields.String(allow_none=True, metadata=_example("duty_officer"))
    text = fields.String(metadata=_example("台州市以下 乡镇 防汛防台条线 值班员"))


class AudienceRequestSchema(StrictSchema):
    """A unit and all below it, narrowed; what is null or left out narrows nothing."""

    unit_id = Id(required=True, metadata=_example("3"))
    levels = fields.List(
        level_field(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, len(LEVELS)),
        metadata=_example([4]),
    )
    line = Text(32, load_default=None, allow_none=True, metadata=_example("flood_control"))
    role = role_field(load_default=None, allow_none=True, metadata=_example("duty_officer"))


class AudiencePageRequestSchema(AudienceRequestSchema, PageQuerySchema):
    """An audience, and which part of its list."""


class AudiencePreviewSchema(Schema):
    """Whom an audience reaches today."""

    text = fields.String(metadata=_example("台州市以下 乡镇"))
    units = fields.Integer(metadata=_example(129))
    officials = fields.Integer(metadata=_example(1290))


class OrgStateSchema(Schema):
    rev = fields.Integer(metadata={"description": "Rises with every change of the tree's shape"})


class LevelCountSchema(Schema):
    level = fields.Integer(metadata=_example(4))
    units = fields.Integer(metadata=_example(16))


class UnitQuerySchema(PageQuerySchema):
    code = code_field(load_default=None, metadata={"description": "Exactly this code"})
    q = Text(
        100,
        load_default=None,
        metadata={"description": "Part of a name, of its pinyin initials, or a code's beginning"},
    )
    level = fields.Integer(load_default=None, validate=validate.OneOf(list(LEVELS)))


class RevisionQuerySchema(Schema):
    rev = fields.Integer(
        load_default=None,
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": "As the unit was in this revision of the tree"},
    )


class AddressBookQuerySchema(PageQuerySchema):
    subtree = fields.Boolean(
        load_default=False, metadata={"description": "All below the unit as well"}
    )
    line = Text(32, load_default=None)
    role = role_field(load_default=None)


class OfficialQuerySchema(PageQuerySchema):
    q = Text(
        50,
        required=True,
        metadata={"description": "Part of a name, or the beginning of its pinyin initials"},
    )


class UnitCreationSchema(StrictSchema):
    parent_id = Id(required=True, metadata=_example("12"))
    name = Name(100, required=True, metadata=_example("滨海镇"))
    code = code_field(required=True, metadata=_example("331081111"))
    client_id = client_id_field()


class UnitRenamingSchema(StrictSchema):
    name = Name(100, required=True, metadata=_example("滨海街道"))


class UnitMoveSchema(StrictSchema):
    parent_id = Id(required=True, metadata=_example("13"))
    code = code_field(
        load_default=None,
        metadata={"description": "The unit's code from now on; left out, it keeps its code"},
    )


class UnitMergerSchema(StrictSchema):
    into_unit_id = Id(required=True, metadata=_example("13"))


class UnitAbolitionSchema(StrictSchema):
    successor_id = Id(load_default=None, allow_none=True, metadata=_example("13"))


class PostRequestSchema(StrictSchema):
    unit_id = Id(required=True, metadata=_example("109"))
    line = Text(32, required=True, metadata=_example("flood_control"))
    title = Name(50, required=True, metadata=_example("值班员"))
    role = role_field(required=True, metadata=_example("duty_officer"))
    order = fields.Integer(
        strict=True,
        load_default=0,
        validate=validate.Range(0, 9999),
        metadata={"description": "Place among those of the same role in the unit, lowest first"},
    )


class PostCreationSchema(PostRequestSchema):
    is_primary = fields.Boolean(load_default=False)
    client_id = client_id_field()


class PostChangeSchema(StrictSchema):
    """What is left out stays as it is."""

    unit_id = Id()
    line = Text(32)
    title = Name(50)
    role = role_field()
    order = fields.Integer(strict=True, validate=validate.Range(0, 9999))
    is_primary = fields.Boolean(
        validate=validate.Equal(True, error="Make another post the primary one instead.")
    )


class OfficialCreationSchema(StrictSchema):
    name = Name(50, required=True, metadata=_example("陈海波"))
    phone = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"^\+?[0-9][0-9 -]{2,18}\Z", error="Not a telephone number."),
        metadata=_example("13800000000"),
    )
    staff_no = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"^[\x21-\x7e]{1,32}\Z", error="1 to 32 visible characters."),
        metadata={"description": "What imports recognise the person by; made up if left out"},
    )
    post = fields.Nested(PostRequestSchema, required=True)
    client_id = client_id_field()
