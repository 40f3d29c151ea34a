"""Who may call which route or socket event at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from zzd.api.persons import understand_path
from zzd.errors import (
    AuthenticationRequired,
    NotPermitted,
    Problem,
    SecondFactorNeeded,
    deny,
)
from zzd.principal import Principal

View = TypeVar("View", bound=Callable[..., Any])
Authenticate = Callable[[], Principal | None]


class Caller(Enum):
    """Who may call a route or a socket event at all; policies decide about the object."""

    ANYONE = "anyone"
    ACCOUNT = "account"
    OFFICIAL = "official"
    # An app's token, of the scope declared if there is one; no official's own session.
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
    # For whoever must have a second factor and has none, too: to turn it on, or to leave.
    before_second_factor: bool = False

    def admit(self, principal: Principal | None, door: str) -> Principal | None:
        """The principal, if it is of the kind declared for ``door``, a route or socket event.

        Raises AuthenticationRequired, SecondFactorNeeded, or NotPermitted, which is a denial to
        be audited.
        """
        if self.caller is Caller.ANYONE:
            return principal
        if principal is None:
            raise AuthenticationRequired
        if principal.lacks_second_factor and not self.before_second_factor:
            raise SecondFactorNeeded
        if self.caller is Caller.APP:
            if principal.scopes is None:
                raise _refused(door, "Only an app with its own token may do this")
            if self.scope is None:
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
    before_second_factor: bool = False,
) -> Callable[[View], View]:
    """Declare who may call this view. ``scope``: apps holding it may, for their official.
    ``roles``: only accounts that were granted one of them. ``before_second_factor``: also who
    must have a second factor and has none yet.

    A view without a declaration is refused to everybody and fails the tests.
    """

    def mark(view: View) -> View:
        access = Access(caller, scope, tuple(roles), takes_files, before_second_factor)
        view.zzd_access = access  # type: ignore[attr-defined]
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
    if request.view_args:
        request.view_args = understand_path(request.view_args)
