"""Cloud pictures: those an operator uploaded, those of a feed, and the drawn samples."""

from __future__ import annotations

import io
import json
from typing import Any, NamedTuple

from PIL import Image, UnidentifiedImageError

from apps.typhoon_zone.database import Database, next_seq, now_text

LARGEST = 6 * 1024 * 1024
MOST_PIXELS = 40_000_000
SHOWN_SIDE = 1400
# What is kept of the newest of each origin; older ones go.
KEPT = 200
KINDS = ("PNG", "JPEG", "WEBP")
SAMPLE_KIND, KIND = "image/svg+xml", "image/webp"


class BadPicture(Exception):
    """Not a picture that can be shown; the text says why."""


class Picture(NamedTuple):
    kind: str
    content: bytes


class Pictures:
    def __init__(self, database: Database) -> None:
        self.database = database

    def list_pictures(self) -> list[dict[str, Any]]:
        """In order of time: what was uploaded or fed in, or the samples while there is no other."""
        with self.database.connect() as db:
            rows = db.execute(
                "SELECT id, at, origin, note, by_name, kind, bounds FROM picture ORDER BY at, id"
            ).fetchall()
        shown = [
            {
                "id": row["id"],
                "at": row["at"],
                "origin": row["origin"],
                "note": row["note"],
                "by": row["by_name"],
                "bounds": json.loads(row["bounds"]),
                "is_sample": row["kind"] == SAMPLE_KIND,
            }
            for row in rows
        ]
        return [one for one in shown if not one["is_sample"]] or shown

    def version(self) -> int:
        """Another number whenever a picture was added."""
        with self.database.connect() as db:
            found: int = db.execute("SELECT coalesce(max(id), 0) AS id FROM picture").fetchone()[
                "id"
            ]
        return found

    def get_picture(self, picture_id: int) -> Picture | None:
        with self.database.connect() as db:
            row = db.execute(
                "SELECT kind, content FROM picture WHERE id = ?", (picture_id,)
            ).fetchone()
        return Picture(row["kind"], row["content"]) if row else None

    def has(self, key: str) -> bool:
        with self.database.connect() as db:
            return bool(db.execute("SELECT 1 FROM picture WHERE key = ?", (key,)).fetchone())

    def add(
        self,
        content: bytes,
        *,
        at: str,
        by: str,
        note: str,
        origin: str,
        key: str,
        bounds: list[float] | None = None,
        is_sample: bool = False,
    ) -> int:
        """The picture of this key, made now or before. Raises BadPicture."""
        kind, kept = (SAMPLE_KIND, content) if is_sample else (KIND, redraw(content))
        values = (at, origin, note, by, now_text(), kind, kept, key, json.dumps(bounds))
        with self.database.connect() as db:
            next_seq(db)
            db.execute(
                "INSERT OR IGNORE INTO picture"
                " (at, origin, note, by_name, added_at, kind, content, key, bounds)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            db.execute(
                "DELETE FROM picture WHERE origin = ? AND id NOT IN"
                " (SELECT id FROM picture WHERE origin = ? ORDER BY at DESC LIMIT ?)",
                (origin, origin, KEPT),
            )
            found = db.execute("SELECT id FROM picture WHERE key = ?", (key,)).fetchone()
        if found is None:
            raise BadPicture("older than all that is kept")
        return int(found["id"])


def redraw(content: bytes) -> bytes:
    """The picture as WebP of a moderate size, without anything that was hidden in the file.

    Raises BadPicture.
    """
    if len(content) > LARGEST:
        raise BadPicture(f"larger than {LARGEST // 1024 // 1024} MB")
    try:
        with Image.open(io.BytesIO(content), formats=KINDS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadPicture("too many pixels")
            shown = image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise BadPicture("not a PNG, JPEG or WebP picture") from error
    shown.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    made = io.BytesIO()
    shown.save(made, "WEBP", quality=82)
    return made.getvalue()
