"""Webhooks and the delivery log over HTTP, for an app's developer."""

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
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.miniapps.hooks import deliveries, polling, webhooks
from zzd.miniapps.hooks.policy import access_developed_app
from zzd.miniapps.hooks.schemas import (
    AcknowledgedSchema,
    AckSchema,
    DeliveryQuerySchema,
    DeliverySchema,
    DeliveryWithRequestsSchema,
    EventQuerySchema,
    EventsSchema,
    MadeWebhookSchema,
    ReplayedSchema,
    ReplaySchema,
    WebhookChangesSchema,
    WebhookRequestSchema,
    WebhookSchema,
)

DEVELOPER = "app_developer"

blueprint = Blueprint(
    "webhooks", "Webhooks of mini-apps, their delivery log, and events on request"
)

ONE = "/miniapps/<id:miniapp_id>/webhooks/<id:webhook_id>"


@blueprint.route("/miniapps/<id:miniapp_id>/webhooks", methods=["GET"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.response(200, page_schema(WebhookSchema))
def list_webhooks(miniapp_id: int) -> dict[str, Any]:
    """The webhooks of an app of mine"""
    with reading() as session:
        held = access_developed_app(session, principal(), miniapp_id)
        return {"items": webhooks.list_webhooks(session, held), "next": None}


@blueprint.route("/miniapps/<id:miniapp_id>/webhooks", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.arguments(WebhookRequestSchema)
@blueprint.response(201, MadeWebhookSchema)
@blueprint.alt_response(409, description="too_many_webhooks, idempotency_conflict")
def add_webhook(body: dict[str, Any], miniapp_id: int) -> Any:
    """Name an address that is told of events; it hears nothing before it is verified"""
    with transaction() as session:
        held = access_developed_app(session, principal(), miniapp_id, lock=True)
        webhook, secret, fresh = webhooks.add_webhook(
            session,
            held,
            by=principal(),
            url=body["url"],
            types=body["types"],
            filter_=body["filter"],
            client_id=body["client_id"],
        )
    shown = {**webhooks.describe(webhook), "secret": secret}
    location = created(f"/miniapps/{miniapp_id}/webhooks/{webhook.id}")
    return shown, 201 if fresh else 200, location


@blueprint.route(ONE, methods=["GET"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.response(200, WebhookSchema)
def get_webhook(miniapp_id: int, webhook_id: int) -> Any:
    """A webhook"""
    with reading() as session:
        held = access_developed_app(session, principal(), miniapp_id)
        return webhooks.access_webhook(session, held, webhook_id)


@blueprint.route(ONE, methods=["PATCH"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.arguments(WebhookChangesSchema)
@blueprint.response(200, WebhookSchema)
def change_webhook(body: dict[str, Any], miniapp_id: int, webhook_id: int) -> Any:
    """Change or pause it; another address is to be verified again"""
    with transaction() as session:
        held = access_developed_app(session, principal(), miniapp_id, lock=True)
        return webhooks.change_webhook(session, held, webhook_id, by=principal(), changes=body)


@blueprint.route(ONE, methods=["DELETE"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.response(204)
def remove_webhook(miniapp_id: int, webhook_id: int) -> Response:
    """Remove it, with what still waits for it"""
    with transaction() as session:
        held = access_developed_app(session, principal(), miniapp_id, lock=True)
        webhooks.remove_webhook(session, held, webhook_id, by=principal())
    return no_content()


@blueprint.route(f"{ONE}/verification", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.response(200, WebhookSchema)
@blueprint.alt_response(409, description="challenge_failed")
def verify_webhook(miniapp_id: int, webhook_id: int) -> Any:
    """Have the address answer a challenge; from then on it hears of events

    Also after it was disabled: it is told what came meanwhile.
    """
    with reading() as session:
        held = access_developed_app(session, principal(), miniapp_id)
        webhook = webhooks.access_webhook(session, held, webhook_id)
        challenge = webhooks.challenge(session, webhook)
    webhooks.put_challenge(challenge)
    with transaction() as session:
        held = access_developed_app(session, principal(), miniapp_id, lock=True)
        return webhooks.make_live(session, held, webhook_id, challenge.url, by=principal())


@blueprint.route(f"{ONE}/deliveries", methods=["GET"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.arguments(DeliveryQuerySchema, location="query")
@blueprint.response(200, page_schema(DeliverySchema))
def list_deliveries(query: dict[str, Any], miniapp_id: int, webhook_id: int) -> dict[str, Any]:
    """What was and is to be delivered, the newest first, each with its last attempt"""
    position = decode_cursor(query["cursor"], int)
    with reading() as session:
        held = access_developed_app(session, principal(), miniapp_id)
        found = deliveries.list_deliveries(
            session,
            webhooks.access_webhook(session, held, webhook_id),
            state=query["state"],
            type_=query["type"],
            before_id=position[0] if position else None,
            limit=query["limit"],
        )
        return page(found, query["limit"], lambda delivery: [delivery["id"]])


@blueprint.route(f"{ONE}/deliveries/<id:delivery_id>", methods=["GET"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.response(200, DeliveryWithRequestsSchema)
def get_delivery(miniapp_id: int, webhook_id: int, delivery_id: int) -> dict[str, Any]:
    """One delivery with every request that was made, and its event"""
    with reading() as session:
        held = access_developed_app(session, principal(), miniapp_id)
        webhook = webhooks.access_webhook(session, held, webhook_id)
        return deliveries.read_delivery(session, webhook, delivery_id)


@blueprint.route(f"{ONE}/deliveries/<id:delivery_id>/replay", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.response(200, DeliverySchema)
@blueprint.alt_response(409, description="webhook_not_live")
def replay_delivery(miniapp_id: int, webhook_id: int, delivery_id: int) -> dict[str, Any]:
    """Tell it once more, under the same webhook-id"""
    with transaction() as session:
        held = access_developed_app(session, principal(), miniapp_id, lock=True)
        webhook = webhooks.access_webhook(session, held, webhook_id, lock=True)
        return deliveries.replay_one(session, webhook, delivery_id, by=principal())


@blueprint.route(f"{ONE}/replay", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.arguments(ReplaySchema)
@blueprint.response(200, ReplayedSchema)
@blueprint.alt_response(409, description="webhook_not_live")
def replay_deliveries(body: dict[str, Any], miniapp_id: int, webhook_id: int) -> dict[str, Any]:
    """Tell those of a time once more, in their order: dead ones, or also those that were accepted"""
    with transaction() as session:
        held = access_developed_app(session, principal(), miniapp_id, lock=True)
        webhook = webhooks.access_webhook(session, held, webhook_id, lock=True)
        count, more = deliveries.replay_range(session, webhook, **body, by=principal())
    return {"count": count, "more": more}


@blueprint.route("/miniapps/<id:miniapp_id>/events", methods=["GET"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.arguments(EventQuerySchema, location="query")
@blueprint.response(200, EventsSchema)
@blueprint.alt_response(409, description="too_many_cursors")
@blueprint.alt_response(410, description="events_expired")
def poll_events(query: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Events that an app of mine may see, after what this cursor acknowledged

    A cursor is made at its first use and begins with what happens from then on.
    """
    with reading() as session:
        access_developed_app(session, principal(), miniapp_id)
    return polling.poll(miniapp_id, name=query["cursor"], limit=query["limit"], wait=query["wait"])


@blueprint.route("/miniapps/<id:miniapp_id>/events/ack", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.arguments(AckSchema)
@blueprint.response(200, AcknowledgedSchema)
def acknowledge_events(body: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """What came up to there is dealt with"""
    with transaction() as session:
        access_developed_app(session, principal(), miniapp_id)
        return polling.acknowledge(session, miniapp_id, name=body["cursor"], upto=body["ack"])
