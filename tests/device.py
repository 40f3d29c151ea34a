"""A client as docs/ asks them to be: what it shows is kept by what is pushed, and what was missed
is pulled. It drops repeats by their event's id, fills gaps, and calls /sync when it comes back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from tests.servers import Person


@dataclass
class Kept:
    """A conversation on the screen: every message up to ``top`` and perhaps some beyond."""

    texts: dict[int, str | None] = field(default_factory=dict)
    top: int = 0
    last_seq: int = 0
    read_seq: int = 0
    # seq → when it was first pushed; those pushed a second time as another event.
    pushed: dict[int, float] = field(default_factory=dict)
    doubled: list[int] = field(default_factory=list)
    # seq → when it came to the screen, pushed or pulled.
    shown: dict[int, float] = field(default_factory=dict)
    _recalled: set[int] = field(default_factory=set)

    @property
    def unread(self) -> int:
        return max(0, self.last_seq - self.read_seq)

    def keep(self, seq: int, text: str | None) -> None:
        self.texts[seq] = None if seq in self._recalled else text
        self.shown.setdefault(seq, time.monotonic())
        self.last_seq = max(self.last_seq, seq)
        while self.top + 1 in self.texts:
            self.top += 1

    def recall(self, seq: int) -> None:
        """Perhaps before the message itself has come."""
        self._recalled.add(seq)
        if seq in self.texts:
            self.texts[seq] = None

    def read(self, seq: int) -> None:
        self.read_seq = max(self.read_seq, seq)


class Device:
    """Follows all conversations of a person."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.kept: dict[str, Kept] = {}
        self.told_to_resync = 0
        self._cursor: str | None = None
        self._ids: set[str] = set()

    def come_back(self, through: str | None = None) -> None:
        """Listen first, so that nothing passes between."""
        self.person.listen(through)
        self.sync()

    def sync(self) -> None:
        query = {"cursor": self._cursor} if self._cursor else {}
        while True:
            page = self.person.get("/sync", **query)
            for each in page["conversations"]:
                kept = self.kept.setdefault(each["id"], Kept())
                kept.read(each["read_seq"])
                self._fill(each["id"], each["last_seq"])
            for each in page["changed"]:
                self._refetch(each["conversation_id"], each["seq"])
            if page["next"] is None:
                break
            query = {"cursor": page["next"]}
        self._cursor = page["cursor"]
        self.look()

    def look(self) -> None:
        """Take in what was pushed since the last look."""
        for at, event in self.person.timed():
            if event["id"] in self._ids:
                continue
            self._ids.add(event["id"])
            if event["type"] == "rooms.resync":
                self.told_to_resync += 1
            elif name := HEARD.get(event["type"]):
                getattr(self, name)(event["data"], at)

    def _created(self, data: dict[str, Any], at: float) -> None:
        kept = self.kept.setdefault(data["conversation_id"], Kept())
        seq = data["seq"]
        if seq in kept.pushed:
            kept.doubled.append(seq)
        kept.pushed.setdefault(seq, at)
        if seq not in kept.texts:
            kept.keep(seq, data["text"])
        if data["sender"]["id"] == self.person.id:
            kept.read(seq)
        self._fill(data["conversation_id"], seq)

    def _recalled(self, data: dict[str, Any], _at: float) -> None:
        self.kept.setdefault(data["conversation_id"], Kept()).recall(data["seq"])

    def _receipt(self, data: dict[str, Any], _at: float) -> None:
        if data["official_id"] == self.person.id:
            self.kept.setdefault(data["conversation_id"], Kept()).read(data["read_seq"])

    def _fill(self, conversation_id: str, upto: int) -> None:
        kept = self.kept[conversation_id]
        path = f"/conversations/{conversation_id}/messages"
        while kept.top < upto:
            before = kept.top
            for each in self.person.get(path, after_seq=before, limit=200)["items"]:
                kept.keep(each["seq"], each["text"])
            assert kept.top > before, f"{path} has nothing at {before + 1}, of {upto}"

    def _refetch(self, conversation_id: str, seq: int) -> None:
        found = self.person.get(f"/conversations/{conversation_id}/messages/{seq}")
        if found["recalled_at"]:
            self.kept.setdefault(conversation_id, Kept()).recall(seq)

    def shows(self, conversation_id: str, seq: int, within: float) -> bool:
        """Whether everything up to this message comes to be on the screen in time."""
        deadline = time.monotonic() + within
        while True:
            self.look()
            kept = self.kept.get(conversation_id)
            if kept and kept.top >= seq:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)


HEARD = {
    "message.created": "_created",
    "message.recalled": "_recalled",
    "receipt.updated": "_receipt",
}
