"""The launch and webhooks as a Flask blueprint: two routes that every app needs.

    app.register_blueprint(zzd_blueprint(launches, webhooks, on_visit=welcome, on_event=note))

``POST /zzd/launches`` gives the page what it asks the client for a code with, ``POST /zzd/visits``
exchanges that code and answers with what ``on_visit`` returns, ``POST /zzd/events`` is the webhook.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from zzd_sdk.errors import Unreachable, ZzdError
from zzd_sdk.launch import Identity, Launches, UnknownLaunch
from zzd_sdk.webhooks import BadSignature, Event, Webhooks, answer_challenge


def zzd_blueprint(
    launches: Launches,
    webhooks: Webhooks | None = None,
    *,
    on_visit: Callable[[Identity], dict[str, Any]],
    on_event: Callable[[Event], None] | None = None,
) -> Blueprint:
    """``on_visit`` gets who came and returns the JSON for the page; ``on_event`` an event that is
    verified: it may come twice, and whoever raises is told again later."""
    blueprint = Blueprint("zzd", __name__, url_prefix="/zzd")

    @blueprint.post("/launches")
    def begin() -> ResponseReturnValue:
        return launches.begin(), 201

    @blueprint.post("/visits")
    def finish() -> ResponseReturnValue:
        body = request.get_json(silent=True)
        body = body if isinstance(body, dict) else {}
        try:
            identity = launches.finish(str(body.get("code")), str(body.get("state")))
        except UnknownLaunch:
            return _refuse(401, "launch_unknown", "Open the app again")
        except ZzdError as error:
            return _refuse(502 if error.status >= 500 else 401, error.code, error.detail)
        except Unreachable:
            return _refuse(502, "platform_unreachable", "The platform does not answer; try again")
        return on_visit(identity), 201

    if webhooks is not None and on_event is not None:

        @blueprint.post("/events")
        def receive() -> ResponseReturnValue:
            try:
                event = webhooks.verify(dict(request.headers), request.get_data())
            except BadSignature as error:
                return _refuse(401, "bad_signature", str(error))
            if (answer := answer_challenge(event)) is not None:
                return answer
            on_event(event)
            return "", 204

    return blueprint


def _refuse(status: int, code: str, detail: str) -> ResponseReturnValue:
    return jsonify({"code": code, "detail": detail}), status
