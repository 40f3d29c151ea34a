"""What the routes of webhooks and events take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.miniapps.hooks.rules import MOST_CONDITIONS, DeliveryState, HookState

SHOWN_STATES = [str(state) for state in HookState if state is not HookState.REMOVED]
STATES = [str(state) for state in DeliveryState]
CURSOR_NAME = validate.Regexp(
    r"^[A-Za-z0-9._~-]{1,40}\Z", error="1 to 40 characters of A-Za-z0-9._~-"
)


def _conditions() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(
            validate=validate.Regexp(
                r"^[a-z_]{1,32}(\.[a-z_]{1,32}){0,3}\Z",
                error="Names an attribute of the envelope, or data.a.b",
            )
        ),
        values=Text(200),
        load_default=dict,
        validate=validate.Length(max=MOST_CONDITIONS),
    )


class FilterSchema(StrictSchema):
    """All conditions have to hold. Names are those of the envelope, such as ``subject``, or of
    members of the data, such as ``data.urgency``."""

    exact = _conditions()
    prefix = _conditions()


def _types(**kwargs: Any) -> fields.List[Any]:
    return fields.List(fields.String(), validate=validate.Length(1, 20), **kwargs)


class WebhookRequestSchema(StrictSchema):
    url = Text(500, required=True)
    types = _types(required=True, metadata={"description": "Of the manifest's events"})
    filter = fields.Nested(FilterSchema, load_default=None, allow_none=True)
    client_id = client_id_field()


class WebhookChangesSchema(StrictSchema):
    url = Text(500)
    types = _types()
    filter = fields.Nested(FilterSchema, allow_none=True)
    paused = fields.Boolean(truthy={True}, falsy={False})


class WebhookSchema(Schema):
    id = Id()
    url = fields.String()
    types = fields.List(fields.String())
    filter = fields.Nested(FilterSchema, allow_none=True)
    state = fields.String(validate=validate.OneOf(SHOWN_STATES))
    reason = fields.String(
        allow_none=True, metadata={"description": "Why it is disabled: gone (it answered 410)"}
    )
    created_at = Moment()
    verified_at = Moment(allow_none=True)


class MadeWebhookSchema(WebhookSchema):
    secret = fields.String(
        allow_none=True,
        metadata={
            "description": "What requests are signed with, shown this once; null if the app had one"
        },
    )


class AttemptSchema(Schema):
    """One request, as it was made and answered."""

    at = Moment()
    took_ms = fields.Integer()
    url = fields.String()
    request_headers = fields.Dict(keys=fields.String(), values=fields.String())
    status = fields.Integer(allow_none=True)
    response_headers = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)
    response_body = fields.String(allow_none=True)
    error = fields.String(allow_none=True)


class DeliverySchema(Schema):
    id = Id()
    webhook_id = Id()
    event_id = fields.String()
    type = fields.String()
    subject = fields.String()
    occurred_at = Moment()
    state = fields.String(validate=validate.OneOf(STATES))
    attempts = fields.Integer()
    due_at = Moment(
        allow_none=True,
        metadata={"description": "When it is told next; null while one before it waits"},
    )
    settled_at = Moment(allow_none=True)
    last_attempt = fields.Nested(AttemptSchema, allow_none=True)


class DeliveryWithRequestsSchema(DeliverySchema):
    requests = fields.List(fields.Nested(AttemptSchema))
    data = fields.Dict(
        allow_none=True, metadata={"description": "The event's; null once forgotten"}
    )


class DeliveryQuerySchema(PageQuerySchema):
    state = fields.String(validate=validate.OneOf(STATES), load_default=None)
    type = Text(64, load_default=None)


class ReplaySchema(StrictSchema):
    """Those that happened from ``since`` on and before ``until``."""

    since = Moment(required=True)
    until = Moment(required=True)
    states = fields.List(
        fields.String(validate=validate.OneOf(["dead", "done"])),
        load_default=lambda: ["dead"],
        validate=validate.Length(1, 2),
    )

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["since"] >= data["until"]:
            raise ValidationError("Must be after since.", "until")


class ReplayedSchema(Schema):
    count = fields.Integer()
    more = fields.Boolean(metadata={"description": "There are more in this time: ask again"})


class EventQuerySchema(Schema):
    cursor = fields.String(load_default="default", validate=CURSOR_NAME)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 200))
    wait = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 30),
        metadata={"description": "Seconds to wait for the first event"},
    )


class CloudEventSchema(Schema):
    """A CloudEvent 1.0."""

    specversion = fields.String()
    id = fields.String()
    source = fields.String()
    type = fields.String()
    subject = fields.String()
    time = fields.String()
    datacontenttype = fields.String()
    sequence = fields.String()
    installationid = fields.String()
    data = fields.Dict()


class EventsSchema(Schema):
    items = fields.List(fields.Nested(CloudEventSchema))
    ack = fields.String(metadata={"description": "To be acknowledged once these are dealt with"})
    acknowledged = fields.String()


class AckSchema(StrictSchema):
    cursor = fields.String(load_default="default", validate=CURSOR_NAME)
    ack = Id(required=True)


class AcknowledgedSchema(Schema):
    acknowledged = fields.String()
