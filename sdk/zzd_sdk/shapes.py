"""What calls give, as types. A test holds each of them against the platform's OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, TypeVar

Method = TypeVar("Method", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Call:
    """A method of the client: which route it calls, and the shape of an item of its answer."""

    name: str
    method: str
    path: str
    gives: type


CALLS: list[Call] = []


def call(method: str, path: str, gives: type) -> Callable[[Method], Method]:
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
