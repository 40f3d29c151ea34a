"""The shapes of cards and of what is done with them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd import characters
from zzd.api import Id, Moment, Name, StrictSchema, Text, client_id_field
from zzd.messaging.cards import rules
from zzd.outgoing import AddressRefused
from zzd.outgoing.addresses import parse


class Words(Text):
    """Text of several lines, of which one sees every character."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if characters.has_hidden(text.replace("\n", "")):
            raise ValidationError("Contains a character that cannot be seen.")
        return text


def _name(pattern: str, longest: int, **kwargs: Any) -> fields.String:
    return fields.String(validate=validate.Regexp(rf"^{pattern}{{1,{longest}}}\Z"), **kwargs)


def _distinct(what: str, items: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item[what] in seen:
            raise ValidationError({"buttons": {index: {what: ["Is used twice."]}}})
        seen.add(item[what])


class CardFieldSchema(StrictSchema):
    """``value`` is what it says, ``file`` what it shows: a picture, or something to fetch."""

    label = Name(rules.LONGEST_LABEL, required=True, metadata={"example": "已安置"})
    value = Words(rules.LONGEST_VALUE, metadata={"example": "186 / 200 人"})
    file = Id(metadata={"description": "Of a file that the app may send", "example": "17"})

    @validates_schema
    def has_one_of_two(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if ("value" in data) == ("file" in data):
            raise ValidationError({"value": ["Give either this or file."]})


class CardButtonSchema(StrictSchema):
    """``url`` is opened in the reader's browser; ``action`` is what the app hears when the button
    is pressed. A button has one of the two."""

    id = _name("[a-z0-9_-]", 32, required=True, metadata={"example": "seen"})
    text = Name(rules.LONGEST_BUTTON, required=True, metadata={"example": "已知悉"})
    style = fields.String(load_default="default", validate=validate.OneOf(rules.STYLES))
    url = fields.String(metadata={"example": "https://shelters.zj.cn/17"})
    action = Name(rules.LONGEST_ACTION, metadata={"example": "seen:17"})
    confirm = Name(rules.LONGEST_CONFIRM, metadata={"description": "Asked before it is done"})

    @validates_schema
    def leads_somewhere(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if ("url" in data) == ("action" in data):
            raise ValidationError({"action": ["Give either this or url."]})
        if "url" not in data:
            return
        try:
            scheme = parse(data["url"]).scheme
        except AddressRefused as error:
            raise ValidationError({"url": [f"Refused: {error}."]}) from error
        if scheme != "https":
            raise ValidationError({"url": ["Must begin with https://."]})


class CardStatusSchema(StrictSchema):
    text = Name(rules.LONGEST_STATUS, required=True, metadata={"example": "将满"})
    tone = fields.String(load_default="info", validate=validate.OneOf(rules.TONES))


class CardContentSchema(StrictSchema):
    """What a card shows."""

    title = Name(rules.LONGEST_TITLE, required=True, metadata={"example": "安置点将满"})
    text = Words(rules.LONGEST_WORDS, shortest=0, load_default="")
    status = fields.Nested(CardStatusSchema, load_default=None, allow_none=True)
    # A schema has something of its own called ``fields``.
    rows = fields.List(
        fields.Nested(CardFieldSchema),
        data_key="fields",
        attribute="fields",
        load_default=list,
        validate=validate.Length(0, rules.MOST_FIELDS),
    )
    buttons = fields.List(
        fields.Nested(CardButtonSchema),
        load_default=list,
        validate=validate.Length(0, rules.MOST_BUTTONS),
    )

    @validates_schema
    def has_few_files(self, data: dict[str, Any], **_kwargs: Any) -> None:
        files = [each["file"] for each in data["fields"] if "file" in each]
        if len(files) > rules.MOST_FILES or len(set(files)) < len(files):
            raise ValidationError({"fields": [f"At most {rules.MOST_FILES} files, each once."]})

    @validates_schema
    def has_distinct_buttons(self, data: dict[str, Any], **_kwargs: Any) -> None:
        _distinct("id", data["buttons"])


KEY = r"[A-Za-z0-9._~-]"
LONGEST_KEY = 64


class KeyedCardSchema(CardContentSchema):
    """A card that can be replaced."""

    key = _name(
        KEY,
        LONGEST_KEY,
        load_default=None,
        metadata={"description": "The app's own name for it here", "example": "shelter-17"},
    )


class CardRequestSchema(KeyedCardSchema):
    client_id = client_id_field()


class CardSchema(Schema):
    """A card as the app that sent it sees it."""

    conversation_id = Id()
    seq = fields.Integer()
    key = fields.String(allow_none=True)
    version = fields.Integer(metadata={"description": "Raised by each replacement"})
    updated_at = Moment()
    recalled_at = Moment(allow_none=True)
    content = fields.Dict(
        allow_none=True,
        metadata={"description": "As messages have it: with app, version, updated_at"},
    )


class PressSchema(StrictSchema):
    button_id = _name("[a-z0-9_-]", 32, required=True, metadata={"example": "seen"})
    client_id = client_id_field()


class CardActionSchema(Schema):
    """What came of my pressing a button."""

    id = Id()
    conversation_id = Id()
    seq = fields.Integer()
    button_id = fields.String()
    state = fields.String(validate=validate.OneOf(rules.STATES))
    reason = fields.String(
        allow_none=True,
        metadata={"description": f"Why it failed: {', '.join(rules.REASONS)}"},
    )
    toast = fields.String(allow_none=True, metadata={"description": "The app's words to me"})
    created_at = Moment()
    settled_at = Moment(allow_none=True)


class CallbackAnswerSchema(StrictSchema):
    """What an app may answer to a callback: the card as it is from now on, words to whoever
    pressed, both or nothing."""

    card = fields.Nested(CardContentSchema)
    toast = Name(rules.LONGEST_TOAST)
