"""One error model: RFC 9457 problem details, for HTTP and for sockets alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import structlog
from flask import Flask, Response, json, request
from gunicorn.http.errors import NoMoreData, ParseException
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
MOST_ERRORS = 50


class Problem(Exception):
    """A refusal that the caller can understand. Subclasses name the rule that refused.

    ``code`` is stable and documented; ``detail`` is a sentence for people;
    ``errors`` lists ``{"pointer", "detail"}`` for the parts of the input at fault.
    """

    status = 400
    code = "bad_request"
    title = "The request cannot be carried out"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors or []
        self.headers = headers or {}
        self.extra = extra
        # Set by ``deny``: a refusal of rights, which the audit log keeps.
        self.denial: dict[str, str] | None = None

    def as_dict(self, instance: str | None = None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"/api/docs/errors#{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            **self.extra,
        }
        if self.detail:
            body["detail"] = self.detail
        if instance:
            body["instance"] = instance
        if self.errors:
            body["errors"] = self.errors
        return body


class NotFound(Problem):
    """What is absent and what the caller may not see answer alike."""

    status, code, title = 404, "not_found", "There is nothing here"


class AuthenticationRequired(Problem):
    status, code, title = 401, "authentication_required", "Sign in first"

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="zzd"'}, **extra)


class NotPermitted(Problem):
    status, code, title = 403, "not_permitted", "You may not do this"


class SecondFactorNeeded(Problem):
    status, code, title = 403, "second_factor_needed", "Turn on a second factor first"


class Invalid(Problem):
    status, code, title = 422, "invalid", "Part of the input is not valid"

    @classmethod
    def at(cls, pointer: str, detail: str) -> Invalid:
        """One fault at a JSON pointer of the body."""
        return cls(detail, errors=[{"pointer": pointer, "detail": detail}])

    @classmethod
    def of(cls, messages: Any) -> Invalid:
        """What a schema found, as Marshmallow tells it."""
        errors = pointers(messages)
        return cls(summary(errors), errors=errors)


class WrongMediaType(Problem):
    status, code, title = (
        415,
        "unsupported_media_type",
        "The body is not of a type that is read here",
    )


class BrokenBody(Problem):
    """What came over the wire breaks off, or is not cut up as its headers say."""

    status, code, title = 400, "bad_request", "The body is not what the headers say"


class Conflict(Problem):
    status, code, title = 409, "conflict", "This does not fit the present state"


class IdempotencyConflict(Conflict):
    code, title = "idempotency_conflict", "This client_id was used for something else"


class TooManyRequests(Problem):
    status, code, title = 429, "too_many_requests", "Slow down and try again"


class Unavailable(Problem):
    status, code, title = 503, "unavailable", "The service is busy; try again shortly"


def deny(problem: Problem, action: str, object_kind: str, object_id: object) -> Problem:
    """Mark a problem as a denial, to be audited: ``raise deny(NotFound(), ...)``."""
    problem.denial = {"action": action, "object_kind": object_kind, "object_id": str(object_id)}
    return problem


def register(app: Flask, on_problem: Callable[[Problem], None]) -> None:
    """Answer every error of every route as problem+json; ``on_problem`` hears of it first."""

    def answer(error: Exception) -> Response:
        problem = _from_http(error) if isinstance(error, HTTPException) else from_exception(error)
        on_problem(problem)
        return _answer(problem)

    for kind in (Problem, HTTPException, Exception):
        app.register_error_handler(kind, answer)


def from_exception(error: Exception) -> Problem:
    """What a caller is told of ``error``: never its text, unless it is a Problem."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, (ParseException, NoMoreData)):
        return BrokenBody()
    if isinstance(error, (OperationalError, PoolTimeout)):
        log.error("database unavailable", exc_info=error)
        return Unavailable(headers={"Retry-After": "2"})
    log.error("unexpected error", exc_info=error)
    problem = Problem()
    problem.status, problem.code = 500, "internal_error"
    problem.title = "Something went wrong on our side; it has been recorded"
    return problem


def _from_http(error: HTTPException) -> Problem:
    status = error.code or 500
    if status == 404:
        return NotFound()
    # By where the value came from: json, query, files, headers. A body's pointers need no name.
    elsewhere = dict((getattr(error, "data", None) or {}).get("messages") or {})
    errors = [*pointers(elsewhere.pop("json", {})), *pointers(elsewhere)][:MOST_ERRORS]
    if status == 422:
        return Invalid(summary(errors), errors=errors)
    problem = Problem(summary(errors), errors=errors)
    problem.status = status
    problem.title = HTTP_STATUS_CODES.get(status, "Error")
    problem.code = {413: "too_large"}.get(
        status, problem.title.lower().replace(" ", "_").replace("'", "")
    )
    if allowed := getattr(error, "valid_methods", None):
        problem.headers["Allow"] = ", ".join(allowed)
    return problem


def pointers(messages: Any) -> list[dict[str, str]]:
    """Marshmallow's nested messages as a flat list of JSON pointers, the first fifty."""
    return list(islice(_walk(messages, ""), MOST_ERRORS))


def _walk(node: Any, path: str) -> Iterator[dict[str, str]]:
    if isinstance(node, dict):
        for key, below in node.items():
            name = str(key).replace("~", "~0").replace("/", "~1")
            yield from _walk(below, path if key == "_schema" else f"{path}/{name}")
    elif isinstance(node, list):
        yield from ({"pointer": path or "/", "detail": str(text)} for text in node)


def summary(errors: list[dict[str, str]]) -> str:
    """The first of them as one line for people."""
    return "; ".join(f"{error['pointer']}: {error['detail']}" for error in errors[:5])


def _answer(problem: Problem) -> Response:
    response = Response(
        json.dumps(problem.as_dict(instance=request.path), ensure_ascii=False),
        status=problem.status,
        mimetype=PROBLEM_JSON,
    )
    response.headers.update(problem.headers)
    return response
