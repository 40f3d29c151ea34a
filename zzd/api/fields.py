"""What requests and answers are made of: fields that take no more than they name."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from zzd import characters

# Digits of the largest that a database keeps.
LONGEST_ID = 19
# The pattern of a sender's own keys: visible ASCII.
CLIENT_ID = r"[\x21-\x7e]{1,64}"


class ProblemSchema(Schema):
    """RFC 9457 problem details."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = fields.String(metadata={"description": "Stable name of the rule that refused"})
    detail = fields.String()
    instance = fields.String()
    errors = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))


class StrictSchema(Schema):
    """A request body: what it does not name is refused."""

    class Meta:
        unknown = RAISE


def id_of(said: str) -> int | None:
    """The id that a text is; None where it can be none. Python takes endless digits for a number,
    and other digits than these; a database does not."""
    if not (said.isascii() and said.isdigit()) or len(said) > LONGEST_ID:
        return None
    number = int(said)
    return number if number < 2**63 else None


class Id(fields.Integer):
    """An opaque id: a string in JSON, a whole number inside."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(as_string=True, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        found = id_of(value) if isinstance(value, str) else None
        if found is None:
            raise ValidationError("Not a known id.")
        return found


class Moment(fields.AwareDateTime):
    """ISO 8601 with an offset; one without is refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            # In UTC at once: 9999-12-31T23:59:59-12:00 has no place in the calendar there.
            return super()._deserialize(value, *args, **kwargs).astimezone(UTC)
        except (OverflowError, ValueError) as error:
            raise ValidationError("Not a valid time with an offset.") from error


class Text(fields.String):
    """Text a person typed: 1 to ``longest`` characters, not blank, no NUL."""

    def __init__(self, longest: int, *, shortest: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(shortest, longest), **kwargs)
        self.blank_allowed = shortest == 0

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, *args, **kwargs)
        if not characters.is_text(text):
            raise ValidationError("Contains a character that is not text.")
        if not self.blank_allowed and not text.strip():
            raise ValidationError("Must not be blank.")
        return text


class Name(Text):
    """What something or somebody is called: a text of which one sees every character."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if characters.has_hidden(text):
            raise ValidationError("Contains a character that cannot be seen.")
        return text


def client_id_field() -> fields.String:
    """The sender's own key of a create; a repeat with it returns the first result."""
    return fields.String(validate=validate.Regexp(rf"^{CLIENT_ID}\Z"), load_default=None)
