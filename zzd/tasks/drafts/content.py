"""What is said in a draft: taken as far as it goes, and held against what a directive needs.

A draft has the very fields of a directive. Its deadlines may instead be minutes, counted from the
moment it is issued.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from marshmallow import ValidationError, fields, validate, validates_schema

from zzd.api import Moment, Text
from zzd.tasks.directives import URGENCIES
from zzd.tasks.drafts.fields import CompanyInputSchema
from zzd.tasks.drafts.problems import DraftIncomplete
from zzd.tasks.schemas import DirectiveCreateSchema, TermsSchema

# Two years of minutes, as deadlines may be away.
LONGEST = 732 * 24 * 60
DEADLINES = {"ack_minutes": "ack_deadline", "report_minutes": "report_deadline"}


def minutes_field(*, required: bool = False) -> fields.Integer:
    absent: dict[str, Any] = {"required": True}
    if not required:
        absent = {"allow_none": True, "load_default": None}
    return fields.Integer(
        strict=True,
        validate=validate.Range(1, LONGEST),
        metadata={"description": "Minutes, counted from the issue"},
        **absent,
    )


class DraftContentSchema(TermsSchema, CompanyInputSchema):
    """A directive as far as it is written; nothing is required yet."""

    number = Text(64, shortest=0, allow_none=True, load_default=None)
    title = Text(200, shortest=0, load_default="")
    text = Text(20_000, shortest=0, load_default="")
    urgency = fields.String(load_default="normal", validate=validate.OneOf(URGENCIES))
    ack_minutes = minutes_field()
    report_minutes = minutes_field()
    ack_deadline = Moment(allow_none=True, load_default=None)
    report_deadline = Moment(allow_none=True, load_default=None)

    @validates_schema
    def one_way_to_say_when(self, data: dict[str, object], **_: object) -> None:
        for minutes, deadline in DEADLINES.items():
            if data.get(minutes) and data.get(deadline):
                raise ValidationError(f"Either {minutes} or {deadline}.", minutes)


CONTENT = DraftContentSchema()
DIRECTIVE = DirectiveCreateSchema()


def keep(content: dict[str, Any]) -> dict[str, Any]:
    """As JSON, from what the schema loaded."""
    kept: dict[str, Any] = orjson.loads(orjson.dumps(CONTENT.dump(content)))
    return kept


def lacking(kept: dict[str, Any], event_id: int, now: datetime) -> list[dict[str, str]]:
    """What keeps it from being issued, as far as the draft itself shows it."""
    try:
        complete(kept, event_id, now)
    except DraftIncomplete as incomplete:
        return incomplete.errors
    return []


def complete(kept: dict[str, Any], event_id: int, now: datetime) -> dict[str, Any]:
    """The request that issues it, with deadlines counted from ``now``. Raises DraftIncomplete."""
    said = {name: value for name, value in kept.items() if value not in (None, "", [])}
    for minutes, deadline in DEADLINES.items():
        if after := said.pop(minutes, None):
            said[deadline] = (now + timedelta(minutes=after)).isoformat()
    try:
        body: dict[str, Any] = DIRECTIVE.load({**said, "event_id": str(event_id)})
    except ValidationError as error:
        raise DraftIncomplete.of(error.messages) from error
    for name in DEADLINES.values():
        if body.get(name) and body[name] <= now:
            detail = "Must be in the future"
            raise DraftIncomplete(detail, errors=[{"pointer": f"/{name}", "detail": detail}])
    return body
