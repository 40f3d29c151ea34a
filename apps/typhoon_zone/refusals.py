"""Why something was not done: a stable code, which the page says in the reader's language."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from zzd_sdk import Unreachable, ZzdError
from zzd_sdk.launch import UnknownLaunch
from zzd_sdk.settings import SettingsError

from apps.typhoon_zone.platform import code_of

STATUS = {
    "platform_unreachable": 502,
    "credentials_refused": 502,
    "launch_refused": 401,
    "launch_unknown": 401,
    "not_signed_in": 401,
    "not_permitted": 403,
    "not_found": 404,
    "changed_meanwhile": 409,
    "key_reused": 409,
    "too_large": 413,
    "invalid": 422,
    "bad_picture": 422,
}


class Refusal(Exception):
    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code, self.more = code, more


def answer_refusal(refusal: Refusal) -> ResponseReturnValue:
    return jsonify({"code": refusal.code, **refusal.more}), STATUS[refusal.code]


def register(app: Flask) -> None:
    app.register_error_handler(Refusal, answer_refusal)
    for kind in (ZzdError, Unreachable):
        app.register_error_handler(kind, lambda error: answer_refusal(Refusal(code_of(error))))
    app.register_error_handler(
        UnknownLaunch, lambda _error: answer_refusal(Refusal("launch_unknown"))
    )
    app.register_error_handler(413, lambda _error: answer_refusal(Refusal("too_large")))

    @app.errorhandler(SettingsError)
    def answer_settings_error(error: SettingsError) -> ResponseReturnValue:
        current_app.logger.error("%s", error)
        return answer_refusal(Refusal("credentials_refused"))
