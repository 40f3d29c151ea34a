"""What nobody has any more is deleted, and what is kept is checked."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import exists, select

from zzd import clock
from zzd.db import reading, transaction
from zzd.messaging.files import uploads
from zzd.messaging.files.models import Blob, File
from zzd.messaging.files.parts import discard
from zzd.messaging.files.storage import Missing, blob_key, is_content, store, variant_key
from zzd.messaging.files.threads import beside

Step = Callable[[], int]

BATCH = 200
# An upload that is being kept has its bytes in the store before its row says so.
ORPHAN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Flaw:
    key: str
    reason: str


def purge_expired() -> int:
    """Delete uploads that nobody went on with, and files that no message came to carry; how many.

    By one index, so many at a time; several workers may do it at once.
    """
    with reading() as session:
        over = select(File.id).where(File.expires_at <= clock.now()).order_by(File.expires_at)
        ids = list(session.scalars(over.limit(BATCH)))
    gone = []
    for file_id in ids:
        with transaction() as session:
            # Its uploader may have gone on with it, or sent it, meanwhile.
            still = select(File.id).where(File.id == file_id, File.expires_at <= clock.now())
            if session.scalar(still.with_for_update()) and uploads.remove(session, file_id):
                gone.append(file_id)
    for file_id in gone:
        discard(file_id)
    return len(gone)


def collect_blobs() -> int:
    """Delete contents that a file had and none has now; how many were looked at. Several workers
    may do it at once."""
    with reading() as session:
        released = select(Blob.id).where(Blob.released_at.is_not(None)).limit(BATCH)
        ids = list(session.scalars(released))
    for blob_id in ids:
        for key in _collect(blob_id):
            store().delete(key)
    return len(ids)


def _collect(blob_id: int) -> list[str]:
    """Delete the row if no file has it; the keys that nobody will read any more."""
    with transaction() as session:
        # Held: who is about to give it to a file waits, and finds it gone or not.
        blob = session.get(Blob, blob_id, with_for_update=True)
        if blob is None:
            return []
        if session.scalar(select(exists().where(File.blob_id == blob_id))):
            blob.released_at = None
            return []
        session.delete(blob)
    return [blob.key, *(variant_key(blob.key, variant) for variant in blob.variants)]


def sweep_orphans() -> int:
    """Delete what the store has and no row names, where a process died between the two; and
    folders of uploads that there are not any more. How many."""
    swept, keys = 0, []
    before = clock.now() - ORPHAN_AFTER
    for key, since in store().list_keys():
        if since < before and is_content(key):
            keys.append(key)
        if len(keys) == BATCH:
            swept += _sweep(keys)
            keys = []
    return swept + _sweep(keys) + _sweep_folders()


def _sweep(keys: list[str]) -> int:
    with reading() as session:
        wanted = {blob_key(key) for key in keys}
        known = set(session.scalars(select(Blob.key).where(Blob.key.in_(wanted))))
    orphans = [key for key in keys if blob_key(key) not in known]
    for key in orphans:
        store().delete(key)
    return len(orphans)


def _sweep_folders() -> int:
    root = current_app.extensions["zzd.settings"].files_root / "uploads"
    folders = [each for each in root.glob("[0-9]*") if each.name.isdigit()]
    swept = 0
    for start in range(0, len(folders), BATCH):
        some = folders[start : start + BATCH]
        with reading() as session:
            query = select(File.id).where(File.id.in_([int(each.name) for each in some]))
            known = set(session.scalars(query.where(File.blob_id.is_(None))))
        for each in some:
            if int(each.name) not in known:
                shutil.rmtree(each, ignore_errors=True)
                swept += 1
    return swept


def find_flaws() -> Iterator[Flaw]:
    """Contents that are missing or changed, previews that are missing; everything is read."""
    last = 0
    while True:
        with reading() as session:
            query = select(Blob).where(Blob.id > last).order_by(Blob.id).limit(BATCH)
            blobs = list(session.scalars(query))
        if not blobs:
            return
        for blob in blobs:
            last = blob.id
            yield from _flaws_of(blob)


def _flaws_of(blob: Blob) -> Iterator[Flaw]:
    try:
        if beside(_digest, blob.key, blob.size, store()) != blob.sha256:
            yield Flaw(blob.key, "the content is not what was stored")
    except Missing:
        yield Flaw(blob.key, "the content is missing")
    for variant in blob.variants:
        key = variant_key(blob.key, variant)
        try:
            b"".join(store().read(key, 0, 1))
        except Missing:
            yield Flaw(key, "the preview is missing")


def _digest(key: str, size: int, kept: object) -> str:
    digest = hashlib.sha256()
    # One byte more than there should be, which would show.
    for piece in kept.read(key, 0, size + 1):  # type: ignore[attr-defined]
        digest.update(piece)
    return digest.hexdigest()
