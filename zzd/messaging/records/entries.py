"""The messages of an export, so many at a time, each as the API tells it to a reader.

What is one reader's own is left out (``client_id``, ``mentions_me``, ``favourite``, ``mine``).
Besides there are ``files`` with their paths in the archive, ``record`` (what a forwarded record says)
and, for an administrator and under a hold, ``original``: the words that were recalled or edited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.db import reading
from zzd.messaging.comments.models import Comment
from zzd.messaging.files.models import Blob, File, MessageFile
from zzd.messaging.files.rules import clean_name
from zzd.messaging.forwards import FORWARD
from zzd.messaging.marks.loading import reactions_of
from zzd.messaging.marks.models import Pin
from zzd.messaging.messages import MESSAGE
from zzd.messaging.models import Conversation, ForwardRecord, Message, MessageVersion
from zzd.messaging.records import holds
from zzd.messaging.views import describe_message, select_messages
from zzd.principal import Principal

# As many as do not hold up others in this process.
BATCH = 100
LONGEST_PATH_NAME = 80
OWN = ("client_id", "mentions_me", "favourite")
FORBIDDEN = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_"))


@dataclass(frozen=True, slots=True)
class Part:
    """A file that goes into the archive as ``path``, and where the store has it."""

    path: str
    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries, and by their paths the files that they name."""

    entries: list[dict[str, Any]]
    parts: dict[str, Part] = field(default_factory=dict)


def read_batches(
    conversation_id: int,
    reader: Principal,
    *,
    first_seq: int,
    last_seq: int,
    whole: bool,
    with_files: bool,
) -> Iterator[Batch]:
    """In the order of ``seq``; each batch in a short transaction and a fixed number of statements."""
    after = first_seq - 1
    while after < last_seq:
        with reading() as session:
            batch = _read(session, conversation_id, reader, after, last_seq, whole, with_files)
        if not batch.entries:
            return
        after = batch.entries[-1]["seq"]
        yield batch


@dataclass(frozen=True, slots=True)
class Beside:
    """What is read for a whole batch, by ``seq``. Of messages in ``kept`` the words are told that
    were recalled or edited, with their ``versions``; of those in ``shown`` what they carry."""

    reactions: Mapping[int, Sequence[dict[str, Any]]]
    pinned: Collection[int]
    kept: Collection[int]
    versions: Mapping[int, list[dict[str, Any]]]
    shown: Collection[int]
    files: Mapping[int, list[tuple[File, Blob]]]
    comments: Mapping[int, list[dict[str, Any]]]
    records: Mapping[int, ForwardRecord]


def _read(
    session: Session,
    conversation_id: int,
    reader: Principal,
    after: int,
    last_seq: int,
    whole: bool,
    with_files: bool,
) -> Batch:
    query = (
        select_messages()
        .where(
            Message.conversation_id == conversation_id,
            Message.seq > after,
            Message.seq <= last_seq,
        )
        .order_by(Message.seq)
        .limit(BATCH)
    )
    if whole:
        query = query.join(Conversation, Conversation.id == Message.conversation_id)
        query = query.add_columns(holds.is_held(session).label("held"))
    rows: Sequence[Any] = session.execute(query).all()
    beside = _look_beside(session, conversation_id, reader, rows, whole)
    batch = Batch([])
    for row in rows:
        message: Message = row[0]
        shown = MESSAGE.dump(describe_message(message, row[1], reader))
        entry = {name: value for name, value in shown.items() if name not in OWN}
        entry |= _besides(message, beside)
        entry["files"] = []
        for file, blob in beside.files[message.seq]:
            path = f"files/{file.id}-{_path_name(file.name)}" if with_files else None
            entry["files"].append(_describe_file(file, blob, path))
            if path is not None:
                batch.parts[path] = Part(path, blob.key, blob.size)
        batch.entries.append(entry)
    return batch


def _look_beside(
    session: Session, conversation_id: int, reader: Principal, rows: Sequence[Any], whole: bool
) -> Beside:
    seqs = [row[0].seq for row in rows]
    pins = select(Pin.seq).where(Pin.conversation_id == conversation_id, Pin.seq.in_(seqs))
    kept = {row[0].seq: row[0].id for row in rows if whole and row[2] and _is_changed(row[0])}
    shown = {row[0].seq for row in rows if row[0].seq in kept or row[0].recalled_at is None}
    return Beside(
        reactions=reactions_of(session, reader, conversation_id, seqs),
        pinned=set(session.scalars(pins)),
        kept=kept.keys(),
        versions=_versions(session, kept.values()),
        shown=shown,
        files=_files(session, conversation_id, shown),
        comments=_comments(session, conversation_id, shown, whole),
        records=_records(session, [row[0] for row in rows if row[0].seq in shown]),
    )


def _besides(message: Message, beside: Beside) -> dict[str, Any]:
    """What an entry says besides the message and its files."""
    is_shown = message.seq in beside.shown
    discussion = beside.comments[message.seq] if is_shown else []
    original = None
    if message.seq in beside.kept:
        original = {
            "text": message.text,
            "content": message.content,
            "versions": beside.versions[message.id],
        }
    return {
        "reactions": [
            {"key": each["key"], "count": each["count"]}
            for each in beside.reactions.get(message.seq, ())
        ],
        "pinned": message.seq in beside.pinned,
        "discussion": discussion,
        "comments": sum(each["removed_at"] is None for each in discussion),
        "original": original,
        "record": _record_of(message, beside.records) if is_shown else None,
    }


def _describe_file(file: File, blob: Blob, path: str | None) -> dict[str, Any]:
    return {
        "id": str(file.id),
        "name": file.name,
        "size": file.size,
        "sha256": blob.sha256,
        "media_type": blob.media_type,
        "path": path,
    }


def _is_changed(message: Message) -> bool:
    return message.removed_at is None and bool(message.recalled_at or message.edited_at)


def _versions(session: Session, ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    if ids:
        query = select(MessageVersion).where(MessageVersion.message_id.in_(ids))
        for each in session.scalars(query.order_by(MessageVersion.message_id, MessageVersion.no)):
            found[each.message_id].append(
                {"no": each.no, "text": each.text, "at": each.at.isoformat()}
            )
    return found


def _comments(
    session: Session, conversation_id: int, seqs: Collection[int], whole: bool
) -> defaultdict[int, list[dict[str, Any]]]:
    """What stands under each announcement; of a removed comment the words only in a whole export."""
    query = (
        select(Comment)
        .where(Comment.conversation_id == conversation_id, Comment.seq.in_(seqs))
        .order_by(Comment.seq, Comment.no)
    )
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for comment in session.scalars(query):
        kept = whole or comment.removed_at is None
        found[comment.seq].append(
            {
                "no": comment.no,
                "sender": comment.sender_name,
                "post_title": comment.sender_title,
                "unit_name": comment.sender_unit,
                "text": comment.text if kept else None,
                "created_at": comment.created_at.isoformat(),
                "removed_at": comment.removed_at and comment.removed_at.isoformat(),
                "removed_by": comment.removed_by_name,
            }
        )
    return found


def _files(
    session: Session, conversation_id: int, seqs: Collection[int]
) -> dict[int, list[tuple[File, Blob]]]:
    query = (
        select(MessageFile.seq, File, Blob)
        .join(File, File.id == MessageFile.file_id)
        .join(Blob, Blob.id == File.blob_id)
        .where(MessageFile.conversation_id == conversation_id, MessageFile.seq.in_(seqs))
        .order_by(MessageFile.seq, File.id)
    )
    found: defaultdict[int, list[tuple[File, Blob]]] = defaultdict(list)
    for seq, file, blob in session.execute(query):
        found[seq].append((file, blob))
    return found


def _records(session: Session, messages: Collection[Message]) -> dict[int, ForwardRecord]:
    """Those that the messages carry, and those nested in them: two statements at most."""
    wanted = {
        int(each.content["record_id"]) for each in messages if each.kind == FORWARD and each.content
    }
    found: dict[int, ForwardRecord] = {}
    # ``includes`` lists all that are nested, at any depth: the second look ends it.
    for _ in range(2 if wanted else 0):
        query = select(ForwardRecord).where(ForwardRecord.id.in_(wanted))
        found.update((record.id, record) for record in session.scalars(query))
        wanted = {inner for each in found.values() for inner in each.includes} - found.keys()
    return found


def _record_of(message: Message, records: Mapping[int, ForwardRecord]) -> dict[str, Any] | None:
    if message.kind != FORWARD or not message.content:
        return None
    return _tell(int(message.content["record_id"]), records)


def _tell(record_id: int, records: Mapping[int, ForwardRecord]) -> dict[str, Any] | None:
    record = records.get(record_id)
    if record is None:
        return None
    items = []
    for item in record.items:
        nested = item["kind"] == FORWARD and item["content"]
        inner = _tell(int(item["content"]["record_id"]), records) if nested else None
        items.append({**item, "record": inner})
    return {"title": record.title, "items": items}


def _path_name(name: str) -> str:
    """As every system has it for a file; its number before it makes it one of a kind."""
    safe = clean_name(name).translate(FORBIDDEN).strip(". ")
    stem, dot, ending = safe.rpartition(".")
    if not dot or len(ending) > 16:
        return safe[:LONGEST_PATH_NAME]
    return f"{stem[:LONGEST_PATH_NAME]}.{ending}"
