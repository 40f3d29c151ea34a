"""Uploads: announced, received in pieces at the server's offset, given up or forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import find_repeat, fingerprint, insert_into, lock_name
from zzd.identity.tokens import digest
from zzd.messaging.files.carriers import is_carried
from zzd.messaging.files.models import Blob, File, FileForApp, FileUpload
from zzd.messaging.files.policy import access_upload, uploader_of
from zzd.messaging.files.problems import (
    FileInUse,
    FileTooLarge,
    QuotaExceeded,
    TypeRefused,
    WrongOffset,
)
from zzd.messaging.files.rules import UNFINISHED_FOR, is_refused
from zzd.messaging.files.sniffing import BINARY
from zzd.principal import Principal
from zzd.settings import Settings


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an upload is; ``writer`` and ``parts`` are for the request that adds to it."""

    file_id: int
    size: int
    received: int
    expires_at: datetime | None
    writer: str | None = None
    parts: Sequence[tuple[str, int]] = ()
    is_ready: bool = False

    @property
    def is_complete(self) -> bool:
        """All is here, but has not been looked at yet."""
        return self.received == self.size and not self.is_ready


def announce_upload(
    session: Session, by: Principal, body: dict[str, Any], settings: Settings
) -> tuple[Progress, bool]:
    """Begin one; returns where it is and whether it is a fresh one. ``body`` is what
    UploadRequestSchema lets in.

    The whole size counts against the quota from now on; what one person announces at the same
    moment is counted one after the other. Raises FileTooLarge, QuotaExceeded, TypeRefused,
    IdempotencyConflict.
    """
    me = uploader_of(by) or 0
    client_id = body.pop("client_id") or uuid.uuid4().hex
    if by.scopes is not None:
        # The installations of an app know nothing of each other, and of the officials' own keys.
        client_id = digest(f"{by.installation_id} {client_id}")
    body_fingerprint = fingerprint(body)
    found = find_repeat(
        session, File, sender_id=me, client_id=client_id, body_fingerprint=body_fingerprint
    )
    if found is not None:
        return _progress(session, found), False
    if body["size"] > settings.file_limit:
        raise FileTooLarge(
            f"A file has at most {settings.file_limit} bytes", limit=settings.file_limit
        )
    if is_refused(BINARY, body["name"], settings.refused_types):
        raise TypeRefused.at("/filename", "Files with this ending are not taken")
    lock_name(session, f"quota:{me}")
    used = used_by(session, me)
    if used + body["size"] > settings.file_quota:
        raise QuotaExceeded(
            f"You keep {used} of {settings.file_quota} bytes already",
            quota=settings.file_quota,
            used=used,
        )
    now = clock.now()
    file = File(
        sender_id=me,
        client_id=client_id,
        fingerprint=body_fingerprint,
        name=body["name"],
        size=body["size"],
        created_at=now,
        expires_at=now + UNFINISHED_FOR,
    )
    session.add(file)
    session.flush()
    session.add(FileUpload(file_id=file.id, received=0, writer="", parts=[], sha256=body["sha256"]))
    session.flush()
    if by.scopes is not None:
        give_to_app(session, file.id, by.installation_id or 0)
    return _progress(session, file), True


def hand_over(session: Session, by: Principal, file_id: int, *, installation_id: int) -> None:
    """Let an app use a file of one's own that nothing carries yet. Raises NotFound, FileInUse."""
    file = access_upload(session, by, file_id)
    if file.expires_at is None:
        raise FileInUse
    give_to_app(session, file_id, installation_id)


def give_to_app(session: Session, file_id: int, installation_id: int) -> None:
    session.execute(
        insert_into(session, FileForApp)
        .values(file_id=file_id, installation_id=installation_id)
        .on_conflict_do_nothing()
    )


def used_by(session: Session, official_id: int) -> int:
    """Bytes of all files of an official, those on their way at their announced size."""
    total = session.scalar(
        select(func.coalesce(func.sum(File.size), 0)).where(File.sender_id == official_id)
    )
    return int(total or 0)


def find_upload(session: Session, by: Principal, file_id: int) -> Progress:
    """Where one's own upload is. Raises NotFound."""
    return _progress(session, access_upload(session, by, file_id))


def _progress(session: Session, file: File, writer: str | None = None) -> Progress:
    upload = session.get(FileUpload, file.id)
    if upload is None or file.blob_id is not None:
        return Progress(file.id, file.size, file.size, file.expires_at, is_ready=True)
    return Progress(
        file.id,
        file.size,
        upload.received,
        file.expires_at,
        writer,
        [(part, length) for part, length in upload.parts],
    )


def take_over(session: Session, by: Principal, file_id: int, offset: int) -> Progress:
    """Be the one who adds to it from ``offset`` on; whoever did before adds nothing any more.

    Raises NotFound, WrongOffset.
    """
    file = access_upload(session, by, file_id)
    # Locked, or what another request records at this moment would be counted back.
    upload = session.get(FileUpload, file_id, with_for_update=True)
    at = _progress(session, file)
    if offset != at.received:
        raise WrongOffset(f"The upload goes on at {at.received}", offset=at.received)
    if at.is_ready or upload is None:
        return at
    upload.writer = uuid.uuid4().hex
    file.expires_at = clock.now() + UNFINISHED_FOR
    session.flush()
    return _progress(session, file, upload.writer)


def record(session: Session, taken: Progress, length: int) -> Progress:
    """``length`` bytes of the request that took over are on the disk.

    Raises WrongOffset when another request took over meanwhile.
    """
    received = taken.received + length
    parts = [*taken.parts, (taken.writer or "", length)]
    kept = session.execute(
        update(FileUpload)
        .where(FileUpload.file_id == taken.file_id, FileUpload.writer == taken.writer)
        .values(received=received, parts=parts)
        .returning(FileUpload.file_id)
    ).one_or_none()
    if kept is None:
        raise WrongOffset("Another request goes on with this upload")
    return Progress(taken.file_id, taken.size, received, taken.expires_at, taken.writer, parts)


def start_over(session: Session, file_id: int, writer: str) -> bool:
    """What had arrived is not there any more, and the uploader begins at 0; False if another
    request went on with the upload, or made a file of it."""
    changed = session.scalar(
        update(FileUpload)
        .where(FileUpload.file_id == file_id, FileUpload.writer == writer)
        .values(received=0, parts=[], writer="")
        .returning(FileUpload.file_id)
    )
    return changed is not None


def throw_away(session: Session, by: Principal, file_id: int) -> None:
    """Give up an upload, or a file that nothing carries. Raises NotFound, FileInUse."""
    file = access_upload(session, by, file_id)
    if file.expires_at is None:
        raise FileInUse
    remove(session, file_id)


def remove(session: Session, file_id: int) -> bool:
    """Its rows, unless something carries it; whether they are gone."""
    session.execute(delete(FileUpload).where(FileUpload.file_id == file_id))
    gone = session.execute(
        delete(File).where(File.id == file_id, ~is_carried()).returning(File.blob_id)
    ).one_or_none()
    if gone is not None and gone.blob_id is not None:
        session.execute(update(Blob).where(Blob.id == gone.blob_id).values(released_at=clock.now()))
    return gone is not None


def own_allowance(session: Session, by: Principal, settings: Settings) -> dict[str, int]:
    return {
        "used": used_by(session, by.official_id or 0),
        "quota": settings.file_quota,
        "file_limit": settings.file_limit,
    }
