"""The HTTP face: blueprints under /api/v1, how their bodies are read, and their OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask, Request, Response
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, missing
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.routing import BaseConverter
from werkzeug.routing import ValidationError as WerkzeugValidationError

from zzd.api.access import Caller, allow, check_access
from zzd.api.fields import LONGEST_ID, ProblemSchema, id_of
from zzd.api.persons import OfficialConverter, as_the_caller_knows
from zzd.errors import Invalid, WrongMediaType

PREFIX = "/api/v1"
# Of lists and objects within each other. What is deeper can be read and not be written again.
DEEPEST = 64


def _is_deeper(value: Any, most: int) -> bool:
    """Whether lists and objects lie more than ``most`` deep within each other."""
    layer = [value]
    for _ in range(most + 1):
        layer = [
            inner
            for each in layer
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(layer)


class JsonParser(FlaskParser):
    """Bodies as orjson reads them: no NaN, no lone surrogates, no nesting without end, no
    numbers of a million digits, each of which the standard library's reader takes or fails on."""

    def _raw_load_json(self, req: Request) -> Any:
        if is_json_request(req):
            raw = req.get_data(cache=True)
            found = orjson.loads(raw.decode())
            # Nothing is deeper than it has brackets: nearly every body is done with here.
            if raw.count(b"[") + raw.count(b"{") > DEEPEST and _is_deeper(found, DEEPEST):
                raise Invalid.at("", f"Is nested more than {DEEPEST} deep")
            return found
        if req.content_length or "Transfer-Encoding" in req.headers:
            raise WrongMediaType("Send JSON with Content-Type: application/json")
        return missing


class Blueprint(SmorestBlueprint):
    """A package's routes under /api/v1."""

    ARGUMENTS_PARSER = JsonParser()

    def __init__(self, name: str, description: str, *, prefix: str = PREFIX) -> None:
        super().__init__(name, name, url_prefix=prefix, description=description)

    def arguments(self, schema: Any, **kwargs: Any) -> Any:
        """As in flask-smorest. A schema is made here, once: made for each request, its fields are
        copied each time, which costs more than reading a small body with it."""
        made = schema() if isinstance(schema, type) else schema
        return super().arguments(made, **kwargs)

    def response(self, status_code: Any, schema: Any = None, **kwargs: Any) -> Any:
        """As in flask-smorest; officials in the answer are named as the caller knows them."""
        made = schema() if isinstance(schema, type) else schema
        if isinstance(made, Schema):
            made.dump = as_the_caller_knows(made.dump)  # type: ignore[method-assign]
        return super().response(status_code, made, **kwargs)


class Api(SmorestApi):
    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """zzd.errors has them all."""


def created(location: str) -> dict[str, str]:
    return {"Location": f"{PREFIX}{location}"}


class IdConverter(BaseConverter):
    """``<id:unit_id>`` in a path. What cannot be an id is a path that does not exist."""

    regex = rf"[0-9]{{1,{LONGEST_ID}}}"

    def to_python(self, value: str) -> int:
        found = id_of(value)
        if found is None:
            raise WerkzeugValidationError
        return found


def register(app: Flask) -> Api:
    app.url_map.converters["id"] = IdConverter
    app.url_map.converters["official"] = OfficialConverter
    app.config.update(
        API_TITLE="ZZD",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {
                "description": "Address a part of an organisation as one thing; "
                "get answers that add up.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "security": [{"bearer": []}, {"cookie": []}],
        },
    )
    api = Api(app)
    for converter in (IdConverter, OfficialConverter):
        api.register_converter(converter, lambda _converter: {"type": "string", "format": "id"})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme(
        "cookie", {"type": "apiKey", "in": "cookie", "name": "zzd_session"}
    )
    document: Callable[[], Any] = app.view_functions["api-docs.openapi_json"]

    def openapi_json() -> Any:
        return document()

    app.view_functions["api-docs.openapi_json"] = allow(Caller.ANYONE)(openapi_json)
    app.before_request(check_access)
    return api


def no_content() -> Response:
    return Response(status=204)
