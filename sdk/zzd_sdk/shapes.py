"""What calls give, as types. A test holds each of them against the platform's OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

Method = TypeVar("Method", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Call:
    """A method of the client: which route it calls, and the shape of an item of its answer."""

    name: str
    method: str
    path: str
    # None where the answer is empty.
    gives: type | None


CALLS: list[Call] = []


def call(method: str, path: str, gives: type | None) -> Callable[[Method], Method]:
    def note(function: Method) -> Method:
        CALLS.append(Call(function.__name__, method, path, gives))
        return function

    return note


class Unit(TypedDict):
    """A unit of the tree; ``level`` from 1, the province, to 6, a group of a village."""

    id: str
    code: str
    name: str
    level: int


class Line(TypedDict):
    code: str
    name: str


class PostOf(TypedDict):
    title: str
    role: str
    line: Line


class UserInfo(TypedDict):
    """``sub`` is the official for this app alone; the rest comes with the scope ``identity``."""

    sub: str
    name: str
    post: PostOf
    unit: Unit


class Official(TypedDict):
    id: str
    name: str


class Message(TypedDict):
    id: str
    conversation_id: str
    seq: int
    text: str | None


class Card(TypedDict):
    """Of the latest ``version``; ``seq`` is its message's."""

    conversation_id: str
    seq: int
    key: str
    version: int


class Ding(TypedDict):
    id: str
    state: str


class Todo(TypedDict):
    """``state`` is open, done or withdrawn."""

    id: str
    official_id: str
    title: str
    link: str | None
    due_at: str | None
    state: str


class UploadedFile(TypedDict):
    """Complete once ``offset`` is ``size``; its id is the file's."""

    id: str
    offset: int
    size: int


class FileShape(TypedDict):
    """``type`` is image, audio, video, pdf, text, document, archive or other."""

    id: str
    name: str
    size: int
    media_type: str | None
    type: str | None
    state: str


class AnsweredCommand(TypedDict):
    """``seq`` is the message that everybody sees, if that was the answer."""

    id: str
    conversation_id: str
    state: str
    seq: int | None


class Stored(TypedDict):
    key: str
    value: Any
    version: int
    updated_at: str


class EventShape(TypedDict):
    """What is responded to; ``mode`` is actual or exercise, ``level`` 1 to 4 while one is in force."""

    id: str
    name: str
    mode: str
    level: int | None
    status: str


class EventRef(TypedDict):
    id: str
    name: str
    mode: str
    level: int | None


class Directive(TypedDict):
    id: str
    number: str
    title: str
    text: str
    urgency: str
    event: EventRef
    status: str


class Assignment(TypedDict):
    id: str
    directive: Directive
    unit: Unit
    state: str
    overdue: bool


class AudienceText(TypedDict):
    text: str
    units: int
    officials: int


class Installation(TypedDict):
    """``settings`` as its administrator set them."""

    id: str
    scopes: list[str]
    settings: dict[str, Any]
    version: int
