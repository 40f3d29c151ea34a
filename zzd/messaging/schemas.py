"""The shapes of conversations and messages in JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import (
    Schema,
    ValidationError,
    fields,
    post_dump,
    post_load,
    validate,
    validates_schema,
)

from zzd.api import (
    Id,
    Moment,
    Name,
    OfficialId,
    PageQuerySchema,
    StrictSchema,
    Text,
    client_id_field,
)
from zzd.messaging import kinds
from zzd.messaging.parts import (
    ConfirmSchema,
    MentionedSchema,
    MentionsRequestSchema,
    MentionsSchema,
    OwnSchema,
    PersonSchema,
    ReactionSchema,
    SenderSchema,
    Switch,
)
from zzd.messaging.rules import (
    BY_AUDIENCE,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_MEMBERS,
    NAMED,
    ROLES,
)
from zzd.orgtree.schemas import AudienceRequestSchema, AudienceSchema, OfficialRefSchema

KINDS = (*NAMED, *BY_AUDIENCE)


def _example(value: Any) -> dict[str, Any]:
    return {"example": value}


def _seq(**kwargs: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(0, 2**63 - 1), **kwargs)


def _role() -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(ROLES))


class QuoteSchema(Schema):
    """What a reply shows of the message it replies to."""

    seq = fields.Integer(metadata=_example(41))
    sender_name = fields.String(metadata=_example("陈海波"))
    kind = fields.String(metadata=_example("text"))
    text = fields.String(allow_none=True, metadata={"description": "null once recalled or removed"})


class PlainMessageSchema(Schema):
    """A message without what people added to it. ``seq`` counts without gaps within its
    conversation."""

    id = Id(metadata=_example("90210"))
    conversation_id = Id(metadata=_example("17"))
    seq = fields.Integer(metadata=_example(42))
    sender = fields.Nested(SenderSchema)
    client_id = fields.String(allow_none=True, metadata={"description": "For its sender alone"})
    kind = fields.String(
        metadata={"description": "text, or what content holds", **_example("text")}
    )
    text = fields.String(allow_none=True, metadata={"description": "null once recalled"})
    content = fields.Dict(
        allow_none=True, metadata={"description": "By kind; null for a text and once recalled"}
    )
    reply_to = fields.Nested(QuoteSchema, allow_none=True)
    mentions = fields.Nested(MentionsSchema, allow_none=True)
    mentions_me = fields.Boolean(
        allow_none=True, metadata={"description": "null in events: the same for everybody"}
    )
    created_at = Moment()
    edited_at = Moment(allow_none=True)
    recalled_at = Moment(allow_none=True)
    recalled_by = fields.Nested(PersonSchema, allow_none=True)
    removed_at = Moment(
        allow_none=True, metadata={"description": "Since when its words are not kept any more"}
    )


class MessageSchema(PlainMessageSchema):
    """A message. ``seq`` counts without gaps within its conversation."""

    reactions = fields.List(
        fields.Nested(ReactionSchema), metadata={"description": "The first used first"}
    )
    pinned = fields.Boolean()
    favourite = fields.Boolean(metadata={"description": "Whether I saved it"})
    confirm = fields.Nested(
        ConfirmSchema, allow_none=True, metadata={"description": "null: this is not asked"}
    )
    comments = fields.Integer(metadata={"description": "How many stand under it"})


class ConversationSchema(Schema):
    """A conversation as its reader stands to it."""

    id = Id(metadata=_example("17"))
    kind = fields.String(validate=validate.OneOf(KINDS))
    name = fields.String(metadata={"description": "Of a direct conversation: the other's name"})
    other = fields.Nested(
        PersonSchema,
        allow_none=True,
        metadata={"description": "Of a direct conversation: with whom it is"},
    )
    audience = fields.Nested(AudienceSchema, allow_none=True)
    members = fields.Integer(
        allow_none=True, metadata={"description": "null where an audience decides who belongs"}
    )
    my_role = fields.String(validate=validate.OneOf(ROLES))
    last_seq = fields.Integer(metadata=_example(42))
    read_seq = fields.Integer(metadata=_example(40))
    unread = fields.Integer(metadata=_example(2))
    mentioned = fields.Nested(
        MentionedSchema,
        allow_none=True,
        metadata={"description": "Messages that call me and that I have not read"},
    )
    last_message = fields.Nested(PlainMessageSchema, allow_none=True)
    updated_at = Moment()
    may_post = fields.Boolean()
    may_manage = fields.Boolean()
    comments = fields.Boolean(
        metadata={"description": "Whether the readers of an announcement may comment on it"}
    )
    my = fields.Nested(OwnSchema)


class ConversationQuerySchema(PageQuerySchema):
    pinned = fields.Boolean(
        load_default=False, metadata={"description": "Only those on top of my list"}
    )


class ConversationRequestSchema(StrictSchema):
    """A conversation to make: ``official_ids`` for direct and group, ``audience`` for the others."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    name = Name(LONGEST_NAME, load_default=None)
    official_ids = fields.List(
        OfficialId(),
        load_default=None,
        validate=validate.Length(0, MOST_MEMBERS),
        metadata=_example(["7"]),
    )
    audience = fields.Nested(AudienceRequestSchema, load_default=None)
    client_id = client_id_field()

    @validates_schema
    def fits_its_kind(self, data: dict[str, Any], **_kwargs: Any) -> None:
        direct, named = data["kind"] == "direct", data["kind"] in NAMED
        wrong: dict[str, list[str]] = {}
        if direct and len(data["official_ids"] or ()) != 1:
            wrong["official_ids"] = ["A direct conversation is with exactly one official."]
        elif data["kind"] == "group" and data["official_ids"] is None:
            wrong["official_ids"] = ["Missing data for required field."]
        elif not named and data["official_ids"] is not None:
            wrong["official_ids"] = ["Who belongs follows from the audience."]
        if named == (data["audience"] is not None):
            wrong["audience"] = ["Only and always for org_group and announcement."]
        if direct == (data["name"] is not None):
            wrong["name"] = ["Always given, but never to a direct conversation."]
        if wrong:
            raise ValidationError(wrong)


class ConversationChangeSchema(StrictSchema):
    name = Name(LONGEST_NAME)
    welcome = Text(500, shortest=0, metadata={"description": "An empty one greets nobody"})
    joinable = Switch(
        metadata={"description": "Whether whoever has the group's code may ask to join"}
    )
    comments = Switch(
        metadata={"description": "Whether the readers of announcements may comment on them"}
    )


class MemberSchema(OfficialRefSchema):
    """Somebody in a conversation."""

    role = fields.String(validate=validate.OneOf(ROLES))
    read_seq = fields.Integer(metadata={"description": "Up to where they have read"})


class MembersRequestSchema(StrictSchema):
    official_ids = fields.List(
        OfficialId(),
        required=True,
        validate=validate.Length(1, MOST_MEMBERS),
        metadata=_example(["7"]),
    )


class RoleRequestSchema(StrictSchema):
    role = _role()


class MessageQuerySchema(PageQuerySchema):
    after_seq = _seq(load_default=None)
    before_seq = _seq(load_default=None)
    around_seq = _seq(
        load_default=None,
        metadata={"description": "The messages before and after this one; next leads back"},
    )

    @validates_schema
    def says_one_place(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if (
            data["around_seq"] is not None
            and (data["after_seq"], data["before_seq"]) != (None,) * 2
        ):
            raise ValidationError({"around_seq": ["Not together with after_seq or before_seq."]})


class MessageRequestSchema(StrictSchema):
    """A text needs its ``text``; other kinds need their ``content`` and may have words to it."""

    kind = fields.String(load_default=kinds.TEXT, metadata=_example("text"))
    text = Text(LONGEST_TEXT, shortest=0, load_default="", metadata=_example("收到"))
    content = fields.Raw(
        load_default=None,
        metadata={"type": "object", "description": "What this kind of message carries"},
    )
    reply_to_seq = _seq(load_default=None, allow_none=True, strict=True)
    mentions = fields.Nested(MentionsRequestSchema, load_default=None, allow_none=True)
    confirm = Switch(
        load_default=False,
        metadata={"description": "Ask the readers of an announcement to confirm it"},
    )
    client_id = client_id_field()

    @post_load
    def load_content(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        if data["kind"] == kinds.TEXT and not data["text"].strip():
            raise ValidationError({"text": ["Must not be blank."]})
        return {**data, "content": kinds.load_content(data["kind"], data["content"])}


class EditRequestSchema(StrictSchema):
    text = Text(LONGEST_TEXT, required=True, metadata=_example("已转移126人"))


class MessageVersionSchema(Schema):
    """What a message said from a time on."""

    no = fields.Integer(metadata=_example(1))
    text = fields.String()
    at = Moment()


class ReadRequestSchema(StrictSchema):
    seq = _seq(required=True, strict=True)


class ReadEventSchema(ReadRequestSchema):
    """The socket event ``read``."""

    conversation_id = Id(required=True)


class ReadSchema(Schema):
    read_seq = fields.Integer(metadata=_example(42))
    unread = fields.Integer(metadata=_example(0))


class ReadersQuerySchema(PageQuerySchema):
    state = fields.String(load_default="read", validate=validate.OneOf(["read", "unread"]))
    unit_id = Id(
        load_default=None,
        metadata={"description": "Only those with posts in this unit or below it"},
    )


class SyncQuerySchema(Schema):
    cursor = fields.String(load_default=None)


class ChangedMessageSchema(Schema):
    conversation_id = Id()
    seq = fields.Integer()


class SyncSchema(Schema):
    """What happened since the cursor was given, and the cursor for the next time."""

    cursor = fields.String()
    complete = fields.Boolean(
        metadata={
            "description": "These are all conversations there are: forget what was kept before"
        }
    )
    conversations = fields.List(fields.Nested(ConversationSchema))
    left = fields.List(Id(), metadata={"description": "Conversations one is not in any more"})
    changed = fields.List(
        fields.Nested(ChangedMessageSchema),
        metadata={"description": "Messages recalled, edited, pinned, reacted to"},
    )
    next = fields.String(
        allow_none=True, metadata={"description": "There is more: call again with this cursor"}
    )

    @post_dump(pass_original=True)
    def add_sections(self, data: dict[str, Any], original: Any, **_kwargs: Any) -> dict[str, Any]:
        return {**data, **original["sections"]}
