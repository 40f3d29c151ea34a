"""Looks at the sources time and again, and keeps the last good document of each.

What cannot be read or is refused changes nothing but the reason that the page shows beside the
age of what it has.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from apps.typhoon_zone.database import Database, next_seq, now_text
from apps.typhoon_zone.feeds.formats import BadFeed, check_feed
from apps.typhoon_zone.feeds.sources import Source, SourceFailed
from apps.typhoon_zone.pictures import BadPicture, Pictures
from apps.typhoon_zone.pulse import Pulse
from apps.typhoon_zone.settings import SIMULATED

MOST_PICTURES = 100


class Keeper:
    def __init__(
        self, database: Database, pulse: Pulse, pictures: Pictures, sources: Mapping[str, Source]
    ) -> None:
        self.database, self.pulse, self.pictures = database, pulse, pictures
        self.sources = sources

    def start(self, seconds: float) -> None:
        """Look now, and every so many seconds from then on, beside the requests."""
        self._seconds = seconds
        threading.Thread(target=self._run, name="feeds", daemon=True).start()

    def look(self) -> None:
        """Every source once."""
        for name, source in self.sources.items():
            try:
                document = check_feed(name, source.read())
                if name == "clouds":
                    self._fetch_pictures(document, source)
            except (SourceFailed, BadFeed, BadPicture) as error:
                self._keep_fault(name, source.label, str(error)[:300])
            else:
                self._keep_document(name, source.label, document)
        self.pulse.tell()

    def document(self, name: str) -> tuple[dict[str, Any], int]:
        """The last good document and its version; an empty one of version 0 if there was none."""
        with self.database.connect() as db:
            row = db.execute(
                "SELECT document, version FROM feed WHERE name = ?", (name,)
            ).fetchone()
        if row is None or row["document"] is None:
            return {}, 0
        return json.loads(row["document"]), row["version"]

    def describe(self) -> dict[str, dict[str, Any]]:
        """How each feed is: its source, since when it is what it is, and what is wrong."""
        with self.database.connect() as db:
            rows = db.execute(
                "SELECT name, source, good_at, tried_at, fault, version FROM feed"
            ).fetchall()
        found = {row["name"]: dict(row) for row in rows}
        for feed in found.values():
            del feed["name"]
        return found

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self.look()
            pause.wait(self._seconds)

    def _fetch_pictures(self, document: dict[str, Any], source: Source) -> None:
        for picture in document["pictures"][-MOST_PICTURES:]:
            key = f"{source.label} {picture['href']} {picture['at']}"
            if not self.pictures.has(key):
                content = source.fetch(picture["href"])
                self.pictures.add(
                    content,
                    at=picture["at"],
                    by="",
                    note=document["source"],
                    origin=source.label,
                    key=key,
                    bounds=picture["bounds"],
                    is_sample=source.label == SIMULATED,
                )

    def _keep_document(self, name: str, label: str, document: dict[str, Any]) -> None:
        text, now = json.dumps(document, ensure_ascii=False), now_text()
        with self.database.connect() as db:
            row = db.execute("SELECT * FROM feed WHERE name = ?", (name,)).fetchone()
            is_same = row is not None and row["document"] == text
            if is_same and row["fault"] is None and row["source"] == label:
                update = "UPDATE feed SET good_at = ?, tried_at = ? WHERE name = ?"
                db.execute(update, (now, now, name))
                return
            seq = next_seq(db)
            version = (row["version"] if row else 0) + (not is_same)
            db.execute(
                "INSERT OR REPLACE INTO feed VALUES (?, ?, ?, ?, ?, NULL, ?, ?)",
                (name, label, text, now, now, version, seq),
            )

    def _keep_fault(self, name: str, label: str, fault: str) -> None:
        now = now_text()
        with self.database.connect() as db:
            row = db.execute("SELECT fault, source FROM feed WHERE name = ?", (name,)).fetchone()
            if row is not None and row["source"] != label:
                # What another source said is not this one's last good state.
                db.execute("DELETE FROM feed WHERE name = ?", (name,))
                row = None
            if row is None:
                db.execute(
                    "INSERT INTO feed (name, source, tried_at, fault, seq) VALUES (?, ?, ?, ?, 0)",
                    (name, label, now, fault),
                )
            else:
                db.execute(
                    "UPDATE feed SET tried_at = ?, fault = ? WHERE name = ?", (now, fault, name)
                )
            if row is None or row["fault"] != fault:
                db.execute("UPDATE feed SET seq = ? WHERE name = ?", (next_seq(db), name))
