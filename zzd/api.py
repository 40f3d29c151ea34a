"""The HTTP face: OpenAPI, who may call which route, cursors and common fields."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import Enum
from typing import Any, TypeVar

import orjson
from flask import Flask, Request, Response, current_app, g, request
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import RAISE, Schema, ValidationError, fields, missing, validate
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.routing import BaseConverter
from werkzeug.routing import ValidationError as WerkzeugValidationError

from zzd import characters
from zzd.errors import AuthenticationRequired, Invalid, NotPermitted, Problem, deny
from zzd.principal import Principal

View = TypeVar("View", bound=Callable[..., Any])
Authenticate = Callable[[], Principal | None]
PREFIX = "/api/v1"


class Caller(Enum):
    """Who may call a route or a socket event at all; policies decide about the object."""

    ANYONE = "anyone"
    ACCOUNT = "account"
    OFFICIAL = "official"
    # An app's token whatever its scopes; no official's own session.
    APP = "app"


# Bytes of an ordinary request's body. What is parsed holds up everybody else meanwhile.
ORDINARY_BODY = 512 * 1024


@dataclass(frozen=True)
class Access:
    caller: Caller
    scope: str | None = None
    roles: tuple[str, ...] = ()
    # Files may be as large as the setting request_limit allows.
    takes_files: bool = False

    def admit(self, principal: Principal | None, door: str) -> Principal | None:
        """The principal, if it is of the kind declared for ``door``, a route or socket event.

        Raises AuthenticationRequired, or NotPermitted, which is a denial to be audited.
        """
        if self.caller is Caller.ANYONE:
            return principal
        if principal is None:
            raise AuthenticationRequired
        if self.caller is Caller.APP:
            if principal.scopes is None:
                raise _refused(door, "Only an app with its own token may do this")
            return principal
        if principal.scopes is not None and self.scope not in principal.scopes:
            needed = f"the scope {self.scope}" if self.scope else "an official's own session"
            raise _refused(door, f"An app needs {needed} for this")
        if self.caller is Caller.OFFICIAL and principal.post is None:
            raise _refused(door, "Only an official in a post may do this")
        if self.roles and not any(principal.has(role) for role in self.roles):
            raise _refused(door, f"Only {' or '.join(self.roles)} may do this")
        return principal


def _refused(door: str, reason: str) -> Problem:
    return deny(NotPermitted(reason), "access", "door", door)


def allow(
    caller: Caller,
    *,
    scope: str | None = None,
    roles: Sequence[str] = (),
    takes_files: bool = False,
) -> Callable[[View], View]:
    """Declare who may call this view. ``scope``: apps holding it may, for their official.
    ``roles``: only accounts that were granted one of them.

    A view without a declaration is refused to everybody and fails the tests.
    """

    def mark(view: View) -> View:
        view.zzd_access = Access(caller, scope, tuple(roles), takes_files)  # type: ignore[attr-defined]
        return view

    return mark


def principal() -> Principal:
    """The caller of the current request; only in views that are not open to anyone."""
    caller: Principal | None = g.get("principal")
    if caller is None:
        raise AuthenticationRequired
    return caller


def authenticate_with(app: Flask, authenticate: Authenticate) -> None:
    """Set how callers are recognised; identity does, being above this module."""
    app.extensions["zzd.authenticate"] = authenticate


def check_access() -> None:
    """Before every request: admit the caller or refuse, undeclared views included."""
    if request.endpoint is None:
        return
    access = getattr(current_app.view_functions[request.endpoint], "zzd_access", None)
    if access is None:
        raise NotPermitted("This address has no declared callers")
    if not access.takes_files:
        request.max_content_length = ORDINARY_BODY
    g.principal = None
    if access.caller is not Caller.ANYONE:
        # Known before it is admitted: a refusal is recorded with whom it refused.
        g.principal = current_app.extensions["zzd.authenticate"]()
        access.admit(g.principal, request.endpoint)


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


class Id(fields.Integer):
    """An opaque id: a string in JSON, a whole number inside."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(as_string=True, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        # Python takes 1.5, True and endless digits for numbers; a database does not.
        if not isinstance(value, str) or not value.isascii() or not value.isdigit():
            raise ValidationError("Not a known id.")
        number = int(value) if len(value) < 20 else 2**63
        if number >= 2**63:
            raise ValidationError("Not a known id.")
        return number


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
    return fields.String(validate=validate.Regexp(r"^[\x21-\x7e]{1,64}\Z"), load_default=None)


class PageQuerySchema(Schema):
    """Which part of a list: ``next`` of the page before, and how many items at most."""

    cursor = fields.String(load_default=None)
    limit = fields.Integer(load_default=50, strict=False, validate=validate.Range(1, 200))


def page_schema(item: type[Schema], **more: fields.Field[Any]) -> type[Schema]:
    """The schema ``{items, next}`` of a list of ``item``, and whatever ``more`` it carries.

    Raises RuntimeError for a second ``item`` of the same name: each is a type of the API.
    """
    name = item.__name__.removesuffix("Schema") + "Page"
    if more:
        name += "With" + "".join(part.title().replace("_", "") for part in more)
    known, page_of_them = page_schemas.setdefault(
        name,
        (
            item,
            Schema.from_dict(
                {
                    "items": fields.List(fields.Nested(item), required=True),
                    "next": fields.String(allow_none=True, required=True),
                    **more,
                },
                name=name,
            ),
        ),
    )
    if known is not item:
        raise RuntimeError(f"two schemas are called {item.__name__}")
    return page_of_them


page_schemas: dict[str, tuple[type[Schema], type[Schema]]] = {}


def encode_cursor(position: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(position))).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> list[Any] | None:
    """The position a cursor stands for, its parts of the ``kinds`` given. Raises Invalid."""
    if cursor is None:
        return None
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        parts = None
    if (
        not isinstance(parts, list)
        or len(parts) != len(kinds)
        or not all(type(part) is kind for part, kind in zip(parts, kinds, strict=True))
        or any(type(part) is int and not -(2**63) <= part < 2**63 for part in parts)
        or any(type(part) is str and "\x00" in part for part in parts)
    ):
        raise Invalid.at("/query/cursor", "Not a cursor of this list")
    return parts


Item = TypeVar("Item")


def page(
    rows: Sequence[Item], limit: int, position: Callable[[Item], Sequence[Any]]
) -> dict[str, Any]:
    """``{items, next}`` from up to ``limit + 1`` rows; the surplus one only says there is more."""
    items = list(rows[:limit])
    following = encode_cursor(position(items[-1])) if len(rows) > limit and items else None
    return {"items": items, "next": following}


class JsonParser(FlaskParser):
    """Bodies as orjson reads them: no NaN, no lone surrogates, no nesting without end, no
    numbers of a million digits, each of which the standard library's reader takes or fails on."""

    def _raw_load_json(self, req: Request) -> Any:
        return orjson.loads(req.get_data(cache=True).decode()) if is_json_request(req) else missing


class Blueprint(SmorestBlueprint):
    """A package's routes under /api/v1."""

    ARGUMENTS_PARSER = JsonParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, name, url_prefix=PREFIX, description=description)


class Api(SmorestApi):
    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """zzd.errors has them all."""


def created(location: str) -> dict[str, str]:
    return {"Location": f"{PREFIX}{location}"}


class IdConverter(BaseConverter):
    """``<id:unit_id>`` in a path. What cannot be an id is a path that does not exist."""

    regex = r"[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number >= 2**63:
            raise WerkzeugValidationError
        return number


def register(app: Flask) -> Api:
    app.url_map.converters["id"] = IdConverter
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
    api.register_converter(IdConverter, lambda _converter: {"type": "string", "format": "id"})
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
