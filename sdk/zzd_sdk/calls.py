"""The calls of an app besides who opened it: each named after what it does, with the scope it needs.

``client_id`` is the app's own key for what it makes: the same again makes nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, cast
from urllib.parse import quote

from zzd_sdk.shapes import (
    AnsweredCommand,
    Assignment,
    AudienceText,
    Card,
    Ding,
    Directive,
    EventShape,
    Installation,
    Message,
    Official,
    Stored,
    Todo,
    Unit,
    call,
)

Audience = Mapping[str, Any]


class Asks(Protocol):
    """What of the client the calls go by."""

    def get(self, path: str, **query: Any) -> Any: ...
    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any: ...
    def put(self, path: str, body: Mapping[str, Any]) -> Any: ...
    def patch(self, path: str, body: Mapping[str, Any]) -> Any: ...
    def delete(self, path: str) -> Any: ...
    def pages(self, path: str, **query: Any) -> Iterator[Any]: ...


class Calls:
    # Cards and messages

    @call("POST", "/conversations/{conversation_id}/cards", Card)
    def send_card(
        self: Asks, conversation_id: str, content: Mapping[str, Any], *, key: str, client_id: str
    ) -> Card:
        """``content`` as docs/cards.md has it; ``key`` is what it is replaced by; cards.send."""
        body = {**content, "key": key, "client_id": client_id}
        return cast(Card, self.post(f"/conversations/{conversation_id}/cards", body))

    @call("PUT", "/conversations/{conversation_id}/cards/{key}", Card)
    def replace_card(
        self: Asks, conversation_id: str, key: str, content: Mapping[str, Any]
    ) -> Card:
        """What the card shows from now on, where it stands; cards.send."""
        return cast(Card, self.put(f"/conversations/{conversation_id}/cards/{key}", content))

    @call("POST", "/app/conversations/{conversation_id}/messages", Message)
    def say(
        self: Asks, conversation_id: str, text: str, *, client_id: str, files: Sequence[str] = ()
    ) -> Message:
        """Under the app's own name, with its own token; messages.send. ``files``: ids of up to nine
        that it uploaded; then the text may be empty."""
        body = {"text": text, "client_id": client_id, "files": list(files)}
        return cast(Message, self.post(f"/app/conversations/{conversation_id}/messages", body))

    @call("POST", "/dings", Ding)
    def send_ding(
        self: Asks,
        text: str,
        *,
        client_id: str,
        official_ids: Sequence[str] | None = None,
        audience: Audience | None = None,
    ) -> Ding:
        """In the official's name, to people or to a part of the organisation; dings.send."""
        to = {"official_ids": official_ids, "audience": audience}
        body = {name: value for name, value in to.items() if value is not None}
        return cast(Ding, self.post("/dings", {**body, "text": text, "client_id": client_id}))

    # To-dos: todos.write

    @call("POST", "/app/todos", Todo)
    def ask(self: Asks, official_id: str, title: str, *, client_id: str, **more: Any) -> Todo:
        """Ask something of an official; ``link`` and ``due_at`` may be said."""
        body = {"official_id": official_id, "title": title, "client_id": client_id, **more}
        return cast(Todo, self.post("/app/todos", body))

    @call("GET", "/app/todos", Todo)
    def todos(self: Asks, state: str | None = None) -> Iterator[Todo]:
        """What was asked by this installation, the newest first."""
        return self.pages("/app/todos", state=state)

    @call("PATCH", "/app/todos/{todo_id}", Todo)
    def change_todo(self: Asks, todo_id: str, **changes: Any) -> Todo:
        """``title``, ``link``, ``due_at``, or ``state``: done or withdrawn."""
        return cast(Todo, self.patch(f"/app/todos/{todo_id}", changes))

    # Commands, which people ask by: scope commands.answer

    @call("POST", "/app/commands/{call_id}/answer", AnsweredCommand)
    def answer_command(
        self: Asks,
        command_id: str,
        *,
        text: str | None = None,
        message: str | None = None,
        card: Mapping[str, Any] | None = None,
    ) -> AnsweredCommand:
        """Within 30 seconds, one of three: ``text`` for whoever asked alone, a ``message`` or a
        ``card`` for everybody there."""
        said = {"text": text, "message": message and {"text": message}, "card": card}
        body = {name: value for name, value in said.items() if value is not None}
        return cast(AnsweredCommand, self.post(f"/app/commands/{command_id}/answer", body))

    # Storage: small JSON of this installation, without a scope

    @call("GET", "/app/storage", Stored)
    def stored(self: Asks, prefix: str = "") -> Iterator[Stored]:
        return self.pages("/app/storage", prefix=prefix or None)

    @call("GET", "/app/storage/{key}", Stored)
    def load(self: Asks, key: str) -> Stored:
        """Raises ZzdError (404) where nothing is kept."""
        return cast(Stored, self.get(f"/app/storage/{quote(key)}"))

    @call("PUT", "/app/storage/{key}", Stored)
    def store(self: Asks, key: str, value: Any, *, version: int | None = None) -> Stored:
        """With the ``version`` that was seen it is refused (409) if somebody was faster."""
        body = {"value": value} | ({} if version is None else {"version": version})
        return cast(Stored, self.put(f"/app/storage/{quote(key)}", body))

    @call("DELETE", "/app/storage/{key}", None)
    def forget(self: Asks, key: str) -> None:
        self.delete(f"/app/storage/{quote(key)}")

    # What is ordered: directives.read, directives.acknowledge; with an official's token

    @call("GET", "/events", EventShape)
    def open_events(self: Asks, mode: str | None = None) -> Iterator[EventShape]:
        """``mode``: actual or exercise. Never let one look like the other."""
        return self.pages("/events", status="open", mode=mode)

    @call("GET", "/directives", Directive)
    def directives(self: Asks, box: str = "received") -> Iterator[Directive]:
        return self.pages("/directives", box=box)

    @call("GET", "/assignments", Assignment)
    def assignments(self: Asks, state: str | None = None) -> Iterator[Assignment]:
        return self.pages("/assignments", state=state)

    @call("POST", "/assignments/{assignment_id}/acknowledgement", Assignment)
    def acknowledge(self: Asks, assignment_id: str) -> Assignment:
        """For the official, who pressed a button of the app; again changes nothing."""
        return cast(Assignment, self.post(f"/assignments/{assignment_id}/acknowledgement"))

    # Parts of the organisation: units.read, contacts.read

    @call("GET", "/officials", Official)
    def find_officials(self: Asks, q: str) -> Iterator[Official]:
        return self.pages("/officials", q=q)

    @call("GET", "/units/{unit_id}/officials", Official)
    def officials_of(self: Asks, unit_id: str, *, subtree: bool = False) -> Iterator[Official]:
        return self.pages(f"/units/{unit_id}/officials", subtree=str(subtree).lower())

    @call("POST", "/audiences/preview", AudienceText)
    def describe_audience(self: Asks, audience: Audience) -> AudienceText:
        """In words, and how many units and officials it reaches today."""
        return cast(AudienceText, self.post("/audiences/preview", audience))

    @call("POST", "/audiences/units", Unit)
    def units_in(self: Asks, audience: Audience) -> Iterator[Unit]:
        return _posted_pages(self, "/audiences/units", audience)

    @call("POST", "/audiences/officials", Official)
    def officials_in(self: Asks, audience: Audience) -> Iterator[Official]:
        return _posted_pages(self, "/audiences/officials", audience)

    @call("GET", "/installations/current", Installation)
    def installation(self: Asks) -> Installation:
        """The one that the token was given for, with its settings."""
        return cast(Installation, self.get("/installations/current"))


def _posted_pages(client: Asks, path: str, body: Mapping[str, Any]) -> Iterator[Any]:
    """Pages of what is described by more than fits into an address."""
    cursor = None
    while True:
        page = client.post(path, {**body, "cursor": cursor} if cursor else body)
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return
