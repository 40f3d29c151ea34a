"""An export's messages as JSON, as CSV and as pages of HTML, written as they come.

None of them holds more than one message; HTML begins another page after so many.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Protocol

import orjson

from zzd.messaging.records import html
from zzd.orgtree.tables import guarded

COLUMNS = (
    "seq",
    "created_at",
    "sender",
    "post",
    "unit",
    "kind",
    "text",
    "reply_to_seq",
    "edited_at",
    "recalled_at",
    "recalled_by",
    "removed_at",
    "original_text",
    "reactions",
    "files",
    "comments",
)
# What a spreadsheet in Chinese takes for a formula as well.
WIDE_FORMULA_STARTS = ("＝", "＋", "－", "＠", "\n")
PAGE = 1000


class Writer(Protocol):
    def write(self, entry: dict[str, Any]) -> None: ...

    def close(self) -> None: ...


class JsonWriter:
    """``{conversation, export, messages: […]}``, a line for each message."""

    def __init__(self, folder: Path, head: dict[str, Any]) -> None:
        self._file: IO[bytes] = (folder / "messages.json").open("wb")
        self._file.write(orjson.dumps(head)[:-1] + b',"messages":[')
        self._between = b"\n"

    def write(self, entry: dict[str, Any]) -> None:
        self._file.write(self._between + orjson.dumps(entry))
        self._between = b",\n"

    def close(self) -> None:
        self._file.write(b"\n]}\n")
        self._file.close()


class CsvWriter:
    """A row for each message; nothing in it is a formula to a spreadsheet."""

    def __init__(self, folder: Path, _head: dict[str, Any]) -> None:
        path = folder / "messages.csv"
        # With the mark by which spreadsheets know UTF-8.
        self._file: IO[str] = path.open("w", encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)

    def write(self, entry: dict[str, Any]) -> None:
        self._rows.writerow([_cell(value) for value in _values(entry)])

    def close(self) -> None:
        self._file.close()


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(WIDE_FORMULA_STARTS) else guarded(text)


def _values(entry: dict[str, Any]) -> Sequence[Any]:
    sender, reply, original = entry["sender"], entry["reply_to"], entry["original"]
    recalled_by = entry["recalled_by"]
    return (
        entry["seq"],
        entry["created_at"],
        sender["name"],
        sender["post_title"],
        sender["unit_name"],
        entry["kind"],
        entry["text"],
        reply and reply["seq"],
        entry["edited_at"],
        entry["recalled_at"],
        recalled_by and recalled_by["name"],
        entry["removed_at"],
        original and original["text"],
        " ".join(f"{each['key']}x{each['count']}" for each in entry["reactions"]),
        "\n".join(file["path"] or file["name"] for file in entry["files"]),
        "\n".join(f"{each['sender']}: {each['text'] or ''}" for each in entry["discussion"]),
    )


class HtmlWriter:
    """``index.html`` tells what it is; ``messages-0001.html`` and so on are the conversation."""

    def __init__(self, folder: Path, head: dict[str, Any]) -> None:
        self._folder, self._head = folder, head
        self._pages = self._on_page = 0
        self._file: IO[str] | None = None

    def write(self, entry: dict[str, Any]) -> None:
        if self._file is None or self._on_page == PAGE:
            self._turn(last=False)
        if self._file is not None:
            self._file.write(html.message(entry))
        self._on_page += 1

    def _turn(self, *, last: bool) -> None:
        if self._file is not None:
            self._file.write(html.foot(self._pages, last=last))
            self._file.close()
            self._file = None
        if not last:
            self._pages, self._on_page = self._pages + 1, 0
            path = self._folder / html.page_name(self._pages)
            self._file = path.open("w", encoding="utf-8")
            self._file.write(html.head(self._head["conversation"]["name"], self._pages))

    def close(self) -> None:
        self._turn(last=True)
        (self._folder / "index.html").write_text(
            html.cover(self._head, self._pages), encoding="utf-8"
        )


def open_writers(folder: Path, head: dict[str, Any]) -> list[Writer]:
    return [JsonWriter(folder, head), CsvWriter(folder, head), HtmlWriter(folder, head)]
