"""Exports are made in the background: one archive at a time in each process, message by message.

Whoever claims one shows a sign of life every second. When a process dies, another begins the
archive afresh once the sign is old; after three attempts it has failed. Nothing but an archive that
is complete and in the store is ever ready.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson
import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import reading, transaction
from zzd.messaging.files.storage import Missing, Store, store
from zzd.messaging.files.threads import beside
from zzd.messaging.models import Conversation
from zzd.messaging.records import places, writers
from zzd.messaging.records.entries import Batch, Part, read_batches
from zzd.messaging.records.exports import KEEP_FOR, OPEN, record
from zzd.messaging.records.models import ConversationExport
from zzd.principal import Principal

log = structlog.get_logger()

FORMAT = "zzd-conversation-export/1"
# Without a sign of life for so long, whoever made it is dead.
ALIVE_FOR = timedelta(minutes=2)
MOST_ATTEMPTS = 3
# Seconds from one sign of life to the next.
NOTE_EVERY = 1.0


class Abandoned(Exception):
    """It was thrown away, or is in other hands."""


def make_due() -> int:
    """Make one export, if one waits; returns how many were made."""
    export = _claim()
    if export is None:
        return 0
    try:
        _make(export)
    except Abandoned:
        return 0
    except Exception as error:
        log.warning("an export failed", export=export.id, exc_info=error)
        _give_back(export)
        return 0
    return 1


def _claim() -> ConversationExport | None:
    due = (ConversationExport.state.in_(OPEN), ConversationExport.due_at <= clock.now())
    query = select(ConversationExport.id).where(*due).order_by(ConversationExport.due_at)
    with reading() as session:
        found = session.scalar(query.limit(1))
    if found is None:
        return None
    with transaction() as session:
        claimed = select(ConversationExport).where(ConversationExport.id == found, *due)
        export = session.scalar(claimed.with_for_update(skip_locked=True))
        if export is None:
            return None
        if export.attempts >= MOST_ATTEMPTS:
            _fail(session, export)
            return None
        export.state, export.done = "running", 0
        export.attempts += 1
        export.due_at = clock.now() + ALIVE_FOR
    if export.key is not None:
        # What a process that died may have brought into the store.
        store().delete(export.key)
    return export


def _fail(session: Session, export: ConversationExport) -> None:
    export.state = "failed"
    record(session, "export.fail", None, export)


def _give_back(export: ConversationExport) -> None:
    with transaction() as session:
        if (row := _mine(session, export)) is not None:
            row.due_at = clock.now()
            if row.attempts >= MOST_ATTEMPTS:
                _fail(session, row)


def _mine(session: Session, export: ConversationExport) -> ConversationExport | None:
    query = select(ConversationExport).where(
        ConversationExport.id == export.id,
        ConversationExport.state == "running",
        ConversationExport.attempts == export.attempts,
    )
    return session.scalar(query.with_for_update())


def _make(export: ConversationExport) -> None:
    with TemporaryDirectory(prefix="zzd-export-") as folder:
        archive = Path(folder) / "export.zip"
        texts = Path(folder) / "texts"
        texts.mkdir()
        _write(export, texts, archive)
        size, sha256 = archive.stat().st_size, beside(_digest, archive)
        key = f"exports/{export.id % 256:02x}/{export.id}-{uuid.uuid4().hex}.zip"
        # Known before it is there, so that it is found whatever happens.
        _note(export, key=key, done=export.last_seq - export.first_seq + 1)
        store().put(key, archive)
    now = clock.now()
    with transaction() as session:
        row = _mine(session, export)
        if row is not None:
            row.state, row.size, row.sha256 = "ready", size, sha256
            row.ready_at, row.due_at = now, now + KEEP_FOR
            record(session, "export.make", None, row)
    if row is None:
        store().delete(key)
        raise Abandoned


def _write(export: ConversationExport, texts: Path, archive: Path) -> None:
    head = _head(export)
    reader = Principal(export.sender_id, export.by_username, None)
    done, noted = 0, time.monotonic()
    with _writing(texts, head) as open_writers, ZipFile(archive, "w", ZIP_DEFLATED) as packed:
        for batch in read_batches(
            export.conversation_id,
            reader,
            first_seq=export.first_seq,
            last_seq=export.last_seq,
            whole=export.whole,
            with_files=export.with_files,
        ):
            _pack(packed, batch)
            for entry in batch.entries:
                for writer in open_writers:
                    writer.write(entry)
            done += len(batch.entries)
            if time.monotonic() - noted >= NOTE_EVERY:
                _note(export, done=done)
                noted = time.monotonic()
            # Others in this process have their turn.
            time.sleep(0)
    with ZipFile(archive, "a", ZIP_DEFLATED) as packed:
        digests = beside(_pack_texts, packed, texts)
        packed.writestr("manifest.json", orjson.dumps({**head, "parts": digests}))


@contextmanager
def _writing(texts: Path, head: dict[str, Any]) -> Iterator[list[writers.Writer]]:
    opened = writers.open_writers(texts, head)
    try:
        yield opened
    finally:
        for writer in opened:
            writer.close()


def _head(export: ConversationExport) -> dict[str, Any]:
    with reading() as session:
        conversation = session.get_one(Conversation, export.conversation_id)
        place = places.describe(session, [conversation])[0]
    return {
        "format": FORMAT,
        "conversation": {**place, "id": str(place["id"])},
        "export": {
            "id": str(export.id),
            "ordered_by": {"username": export.by_username, "name": export.by_name},
            "reason": export.reason,
            "created_at": export.created_at.isoformat(),
            "first_seq": export.first_seq,
            "last_seq": export.last_seq,
            "whole": export.whole,
            "with_files": export.with_files,
        },
    }


def _pack(packed: ZipFile, batch: Batch) -> None:
    """The files of a batch, each once; what the store lost is said in the entry."""
    kept = store()
    there = packed.NameToInfo
    missing = {
        part.path
        for part in batch.parts.values()
        if part.path not in there and not beside(_copy, packed, part, kept)
    }
    if missing:
        for entry in batch.entries:
            for file in entry["files"]:
                if file["path"] in missing:
                    file["path"] = None


def _copy(packed: ZipFile, part: Part, kept: Store) -> bool:
    try:
        pieces = kept.read(part.key, 0, part.size)
        # Pictures and recordings are as small as they get.
        info = ZipInfo(part.path, date_time=(1980, 1, 1, 0, 0, 0))
        info.compress_type = ZIP_STORED
        first = next(iter(pieces), b"")
    except Missing:
        log.error("a stored content is missing", key=part.key)
        return False
    with packed.open(info, "w", force_zip64=True) as target:
        target.write(first)
        for piece in pieces:
            target.write(piece)
    return True


def _pack_texts(packed: ZipFile, texts: Path) -> dict[str, dict[str, Any]]:
    digests = {}
    for path in sorted(texts.iterdir()):
        packed.write(path, path.name)
        digests[path.name] = {"sha256": _digest(path), "size": path.stat().st_size}
    return digests


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(export: ConversationExport, **values: Any) -> None:
    """How far it is, as a sign of life. Raises Abandoned."""
    with transaction() as session:
        noted = session.scalar(
            update(ConversationExport)
            .where(
                ConversationExport.id == export.id,
                ConversationExport.state == "running",
                ConversationExport.attempts == export.attempts,
            )
            .values(due_at=clock.now() + ALIVE_FOR, **values)
            .returning(ConversationExport.id)
        )
    if noted is None:
        raise Abandoned
