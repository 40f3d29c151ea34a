"""Messages of the kinds ``file`` and ``location``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import FromClause, delete, null, select, tuple_, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import Id, StrictSchema, Text
from zzd.bulk import table_of
from zzd.db import insert_into
from zzd.errors import Invalid
from zzd.messaging.files.carriers import is_carried
from zzd.messaging.files.contents import describe_content
from zzd.messaging.files.models import File, MessageFile
from zzd.messaging.files.policy import sendable_files
from zzd.messaging.files.rules import MOST_FILES, UNSENT_FOR
from zzd.messaging.kinds import Kind
from zzd.messaging.written import Along
from zzd.principal import Principal

F = table_of(File)


class Number(fields.Float):
    """A number in JSON: neither a text of digits nor true."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        return float(value)


class VoiceSchema(StrictSchema):
    """How a voice note is shown before it is heard: its length, and how loud it is over time."""

    seconds = Number(required=True, validate=validate.Range(0, 600))
    peaks = fields.List(
        fields.Integer(strict=True, validate=validate.Range(0, 100)),
        load_default=list,
        validate=validate.Length(max=64),
    )


class CarriedFileSchema(StrictSchema):
    id = Id(required=True)
    voice = fields.Nested(VoiceSchema, load_default=None, allow_none=True)


class FileContentSchema(StrictSchema):
    """The content of a message of kind ``file``."""

    files = fields.List(
        fields.Nested(CarriedFileSchema), required=True, validate=validate.Length(1, MOST_FILES)
    )

    @validates_schema
    def each_once(self, data: dict[str, Any], **_kwargs: Any) -> None:
        ids = [each["id"] for each in data["files"]]
        if len(set(ids)) < len(ids):
            raise ValidationError({"files": ["Each file once."]})
        if len(ids) > 1 and any(each["voice"] for each in data["files"]):
            raise ValidationError({"files": ["A voice note is alone in its message."]})


class LocationContentSchema(StrictSchema):
    """The content of a message of kind ``location``: WGS-84 degrees, metres."""

    latitude = Number(required=True, validate=validate.Range(-90, 90))
    longitude = Number(required=True, validate=validate.Range(-180, 180))
    name = Text(100, required=True)
    address = Text(200, shortest=0, load_default="")
    accuracy = Number(load_default=None, allow_none=True, validate=validate.Range(0, 100_000))


def prepare_files(
    session: Session, by: Principal, _conversation_id: int, content: dict[str, Any]
) -> dict[str, Any]:
    """What everybody sees of the files, each of which the sender must have and which are held
    until the message is there. Raises Invalid."""
    wanted = [each["id"] for each in content["files"]]
    found = sendable_files(session, by, wanted)
    kept = []
    for place, each in enumerate(content["files"]):
        pointer = f"/content/files/{place}"
        file, blob = found.get(each["id"], (None, None))
        if file is None:
            raise Invalid.at(f"{pointer}/id", "There is no such file for you to send")
        if blob is None:
            raise Invalid.at(f"{pointer}/id", "The upload is not complete")
        if each["voice"] and blob.type != "audio":
            raise Invalid.at(f"{pointer}/voice", "This is not a recording")
        kept.append({**describe_content(file, blob), "voice": each["voice"]})
    return {"files": kept}


def files_of(content: dict[str, Any]) -> list[int]:
    return [int(each["id"]) for each in content["files"]]


def keep_files(session: Session, content: dict[str, Any]) -> list[Along]:
    return carry(session, files_of(content))


def carry(session: Session, file_ids: Collection[int]) -> list[Along]:
    """Whoever may see the message may have these files, from now on."""
    if not file_ids:
        return []

    def stay(here: FromClause) -> Any:
        unsent = F.c.id.in_(file_ids), F.c.expires_at.is_not(None)
        return update(F).where(*unsent, select(here).exists()).values(expires_at=null())

    def give(here: FromClause) -> Any:
        carried = select(here, F.c.id).join(F, F.c.id.in_(file_ids))
        given = insert_into(session, MessageFile).from_select(
            ["conversation_id", "seq", "file_id"], carried
        )
        return given.on_conflict_do_nothing()

    return [stay, give]


def hold_files(
    session: Session, sender_id: int, content: dict[str, Any], until: datetime | None
) -> None:
    """What the sender uploaded and has not sent yet is kept for a message that goes out at
    ``until``, and after that for as long as what was just uploaded; None: only for that long."""
    keep_until = (until or clock.now()) + UNSENT_FOR
    unsent = update(File).where(
        File.id.in_([each["id"] for each in content["files"]]),
        File.sender_id == sender_id,
        File.blob_id.is_not(None),
        File.expires_at.is_not(None),
    )
    if until is not None:
        unsent = unsent.where(File.expires_at < keep_until)
    session.execute(
        unsent.values(expires_at=keep_until).execution_options(synchronize_session=False)
    )


def keep_location(
    _session: Session, _by: Principal, _conversation_id: int, content: dict[str, Any]
) -> dict[str, Any]:
    """A centimetre is enough."""
    return {
        **content,
        "latitude": round(content["latitude"], 7),
        "longitude": round(content["longitude"], 7),
    }


def forget_message_files(session: Session, places: Sequence[tuple[int, int]]) -> int:
    """These messages, each as (id of its conversation, seq), carry nothing any more, as when their
    time of keeping is over. Files that nothing else carries are purged, and contents that no
    file has are collected, later. Returns how many files nobody carries any more.
    """
    here = tuple_(MessageFile.conversation_id, MessageFile.seq).in_(places)
    # Held: who passes one of them on at this moment is seen, or sees that it is gone.
    session.execute(
        select(File.id)
        .where(File.id.in_(select(MessageFile.file_id).where(here)))
        .order_by(File.id)
        .with_for_update()
    )
    gone = set(
        session.scalars(
            delete(MessageFile).where(here).returning(MessageFile.file_id),
            execution_options={"synchronize_session": False},
        )
    )
    let_go = session.scalars(
        update(File)
        .where(File.id.in_(gone), ~is_carried())
        .values(expires_at=clock.now())
        .returning(File.id)
        .execution_options(synchronize_session=False)
    )
    return len(let_go.all())


FILE = Kind("file", FileContentSchema, prepare_files, keep_files, files_of, hold_files)
LOCATION = Kind("location", LocationContentSchema, keep_location)
