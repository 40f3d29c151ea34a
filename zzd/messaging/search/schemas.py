"""The shapes of search in JSON. Places in texts are counted in Unicode code points."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_dump, validate, validates_schema

from zzd.api import Id, Moment, PageQuerySchema, Text, page_schema
from zzd.messaging import kinds
from zzd.messaging.schemas import ConversationSchema, MessageSchema
from zzd.orgtree.schemas import OfficialSchema

SECTIONS = ("messages", "files", "people", "groups")
LONGEST_QUERY = 200


def _ranges() -> fields.List[Any]:
    return fields.List(
        fields.List(fields.Integer()),
        metadata={
            "description": "Where the words stand: [start, end), in Unicode code points",
            "example": [[3, 5]],
        },
    )


class SearchQuerySchema(PageQuerySchema):
    q = Text(
        LONGEST_QUERY,
        required=True,
        metadata={"description": 'Words, all to be found; "…" is found as it is'},
    )
    in_ = fields.String(
        data_key="in", load_default="all", validate=validate.OneOf(["all", *SECTIONS])
    )
    conversation_id = Id(load_default=None)
    sender_id = Id(load_default=None)
    since = Moment(data_key="from", load_default=None)
    until = Moment(data_key="to", load_default=None)
    kind = fields.String(load_default=None)
    limit = fields.Integer(load_default=20, strict=False, validate=validate.Range(1, 50))

    @validates_schema
    def check(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["cursor"] is not None and data["in_"] == "all":
            raise ValidationError({"cursor": ["Goes on with one section: say which by in."]})
        if data["kind"] is not None and data["kind"] not in kinds.names_of_content():
            raise ValidationError(
                {"kind": [f"Must be one of: {', '.join(kinds.names_of_content())}."]}
            )


class SnippetSchema(Schema):
    """Part of a message's text, plain."""

    text = fields.String(metadata={"example": "请石塘镇立即转移"})
    ranges = _ranges()
    cut_before = fields.Boolean()
    cut_after = fields.Boolean()


class FoundFileSchema(Schema):
    """A file that a found message carries: its place in the message's content.files."""

    index = fields.Integer()
    name = fields.String()
    ranges = _ranges()


class HitConversationSchema(Schema):
    id = Id()
    kind = fields.String()
    name = fields.String(metadata={"description": "Of a direct conversation: the other's name"})


class HitSchema(Schema):
    """A message that was found."""

    conversation = fields.Nested(HitConversationSchema)
    message = fields.Nested(MessageSchema)
    snippet = fields.Nested(SnippetSchema)
    files = fields.List(fields.Nested(FoundFileSchema))


class FoundPersonSchema(Schema):
    """An official's card, and where in the name the query stands."""

    card = fields.Nested(OfficialSchema)
    ranges = _ranges()

    @post_dump
    def flatten(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {**data.pop("card"), **data}


class FoundGroupSchema(ConversationSchema):
    ranges = _ranges()


class SearchSchema(Schema):
    """What was found; a section that was not asked for is null."""

    words = fields.List(
        fields.String(), metadata={"description": "How q was understood", "example": ["转移"]}
    )
    messages = fields.Nested(page_schema(HitSchema), allow_none=True)
    files = fields.Nested(page_schema(HitSchema), allow_none=True)
    people = fields.Nested(page_schema(FoundPersonSchema), allow_none=True)
    groups = fields.Nested(page_schema(FoundGroupSchema), allow_none=True)
