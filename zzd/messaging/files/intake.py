"""The last step of an upload: what arrived is looked at, stored once, and made a file."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import insert_into, reading, transaction
from zzd.errors import Conflict
from zzd.messaging.files import uploads
from zzd.messaging.files.models import Blob, File, FileUpload
from zzd.messaging.files.parts import PartMissing, assemble, discard, folder_of
from zzd.messaging.files.previews import Looks, draw_previews
from zzd.messaging.files.problems import ChecksumMismatch, TypeRefused, WrongOffset
from zzd.messaging.files.rules import UNSENT_FOR, is_refused
from zzd.messaging.files.sniffing import Sniffed, sniff
from zzd.messaging.files.storage import key_of, store, variant_key
from zzd.messaging.files.threads import beside
from zzd.messaging.files.uploads import Progress
from zzd.settings import Settings

ATTEMPTS = 3


def finish(at: Progress) -> None:
    """Make a file of an upload that is complete.

    Somebody else may have the same content: it is stored once, but the work is done all the
    same, so that neither the answer nor its time tells. May be called again after a crash, and by
    two requests at once. Raises ChecksumMismatch and TypeRefused, and the upload is gone;
    WrongOffset (0) when the disk lost what had arrived.
    """
    with reading() as session:
        file, upload = session.get(File, at.file_id), session.get(FileUpload, at.file_id)
    if file is None or upload is None:
        return
    try:
        _look_and_keep(at, file.name, upload.sha256)
    except (PartMissing, FileNotFoundError) as error:
        with transaction() as session:
            if uploads.start_over(session, at.file_id, upload.writer):
                raise_later = WrongOffset("What had arrived is lost; begin again", offset=0)
            else:
                # Another request did the same work and was first.
                return
        raise raise_later from error


def _look_and_keep(at: Progress, name: str, announced: str | None) -> None:
    whole, sha256 = assemble(at.file_id, at.parts, f"{uuid.uuid4().hex}.whole")
    if announced is not None and announced != sha256:
        _drop(at.file_id)
        raise ChecksumMismatch.at("/sha256", f"The content has the SHA-256 {sha256}")
    kind = beside(_sniff_path, whole)
    settings: Settings = current_app.extensions["zzd.settings"]
    if is_refused(kind.media_type, name, settings.refused_types):
        _drop(at.file_id)
        raise TypeRefused("Files of this type are not taken", media_type=kind.media_type)
    _keep(at, whole, sha256, kind)
    discard(at.file_id)


def _sniff_path(path: Path) -> Sniffed:
    with path.open("rb") as file:
        return sniff(file)


def _keep(at: Progress, whole: Path, sha256: str, kind: Sniffed) -> None:
    """The bytes first, then the rows that say they are there."""
    folder = folder_of(at.file_id) / f"{whole.stem}.previews"
    folder.mkdir()
    looks = draw_previews(whole, kind.media_type, folder)
    key = key_of(sha256)
    store().put(key, whole)
    for variant in looks.variants:
        store().put(variant_key(key, variant), folder / f"{variant}.webp")
    # Where this fails nobody knows whether it was committed: the sweep looks again later.
    with transaction() as session:
        in_use = _attach(session, at, _values(at, key, sha256, kind, looks))
    if not in_use:
        for each in (key, *(variant_key(key, variant) for variant in looks.variants)):
            store().delete(each)


def _values(at: Progress, key: str, sha256: str, kind: Sniffed, looks: Looks) -> dict[str, Any]:
    return {
        "sha256": sha256,
        "key": key,
        "size": at.size,
        "media_type": kind.media_type,
        "type": kind.type,
        "width": looks.width,
        "height": looks.height,
        "pages": looks.pages,
        "variants": looks.variants,
        "created_at": clock.now(),
    }


def _attach(session: Session, at: Progress, values: dict[str, Any]) -> bool:
    """The file gets its content; whether it is the one stored under the key of ``values``."""
    file = session.get(File, at.file_id, with_for_update=True)
    if file is None or file.blob_id is not None:
        return False
    for _ in range(ATTEMPTS):
        fresh_id = session.scalar(
            insert_into(session, Blob)
            .values(**values)
            .on_conflict_do_nothing(index_elements=["sha256"])
            .returning(Blob.id)
        )
        # Held, so that the collector cannot delete it any more; where it just did, once more.
        blob_id = fresh_id or session.scalar(
            select(Blob.id).where(Blob.sha256 == values["sha256"]).with_for_update()
        )
        if blob_id is not None:
            break
    else:
        raise Conflict
    file.blob_id = blob_id
    file.expires_at = clock.now() + UNSENT_FOR
    session.execute(delete(FileUpload).where(FileUpload.file_id == file.id))
    return fresh_id is not None


def _drop(file_id: int) -> None:
    with transaction() as session:
        uploads.remove(session, file_id)
    discard(file_id)
