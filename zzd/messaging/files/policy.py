"""Who may have a file: its uploader until it is sent, then whoever may see what carries it. An app
has what it uploaded or was handed, and what is carried where it may hear what is said."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import NotFound, deny
from zzd.identity import policy as identity
from zzd.messaging.files.models import Blob, File, FileForApp, MessageFile
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.policy import may_address, standing_of
from zzd.messaging.rules import BY_AUDIENCE, NAMED, sender_of_app
from zzd.orgtree.in_use import find_in_use
from zzd.orgtree.reach import as_audience
from zzd.principal import Principal

# A file that was announced to more audiences than this is found through one's own.
MOST_AUDIENCES = 200
# The columns of a query.
Shown = TypeVarTuple("Shown")

_otherwise: dict[str, Callable[[Session, Principal, Any], ColumnElement[bool]]] = {}


def may_have_by(
    name: str, condition: Callable[[Session, Principal, Any], ColumnElement[bool]]
) -> None:
    """Something else than messages gives a right to files: see ``carriers``."""
    _otherwise[name] = condition


def access_files(
    session: Session, principal: Principal, file_ids: Collection[int], *, lock: bool = False
) -> dict[int, tuple[File, Blob | None]]:
    """Every one of these files, for somebody who may have them all, in a constant number of
    statements; ``lock`` keeps them from being purged.

    Raises NotFound, audited where there is a file that they may not have.
    """
    wanted = set(file_ids)
    found = _visible(session, principal, wanted, lock=lock)
    if missing := wanted - found.keys():
        at_issue = session.scalars(select(File.id).where(File.id.in_(missing)).limit(1)).first()
        if at_issue is not None:
            raise deny(NotFound(), "file.read", "file", at_issue)
        raise NotFound
    return found


def visible_files(
    session: Session, principal: Principal, file_ids: Collection[int]
) -> dict[int, tuple[File, Blob | None]]:
    """Those of these files that one may have."""
    return _visible(session, principal, set(file_ids), lock=False)


def sendable_files(
    session: Session, principal: Principal, file_ids: Collection[int]
) -> dict[int, tuple[File, Blob | None]]:
    """Those of these files that one may send, kept from being purged: what one has. An app sends
    only what was given to it, and spreads nothing that it hears of."""
    wanted = set(file_ids)
    if principal.scopes is not None:
        may = _given(principal, own=principal.official_id is None)
        return _read(session, wanted, may, lock=True)
    # Mostly it was just uploaded: the rest is not asked about then.
    unsent = _read(session, wanted, _mine_unsent(principal), lock=True)
    rest = wanted - unsent.keys()
    return unsent | _visible(session, principal, rest, lock=True) if rest else unsent


def access_file(session: Session, principal: Principal, file_id: int) -> tuple[File, Blob | None]:
    return access_files(session, principal, [file_id])[file_id]


def access_upload(session: Session, principal: Principal, file_id: int) -> File:
    """One's own file, locked, as whoever uploads it or throws it away needs it.

    Raises NotFound, audited where it is somebody else's.
    """
    file = session.get(File, file_id, with_for_update=True)
    if file is None:
        raise NotFound
    if file.sender_id != uploader_of(principal) or not _is_for(session, principal, file_id):
        raise deny(NotFound(), "file.upload", "file", file_id)
    return file


def uploader_of(principal: Principal) -> int | None:
    """As whose files are kept that this caller uploads."""
    if principal.official_id is None and principal.app_id is not None:
        return sender_of_app(principal.app_id)
    return principal.official_id


def _is_for(session: Session, principal: Principal, file_id: int) -> bool:
    if principal.scopes is None:
        return True
    given = {"installation_id": principal.installation_id, "file_id": file_id}
    return session.get(FileForApp, given) is not None


def _visible(
    session: Session, principal: Principal, file_ids: set[int], *, lock: bool
) -> dict[int, tuple[File, Blob | None]]:
    return _read(session, file_ids, _may_have(session, principal, file_ids), lock=lock)


def _read(
    session: Session, file_ids: set[int], may: ColumnElement[bool], *, lock: bool
) -> dict[int, tuple[File, Blob | None]]:
    query = (
        select(File, Blob)
        .outerjoin(Blob, Blob.id == File.blob_id)
        .where(File.id.in_(file_ids), may)
        .order_by(File.id)
    )
    if lock:
        query = query.with_for_update(of=File)
    return {file.id: (file, blob) for file, blob in session.execute(query)}


def _mine_unsent(principal: Principal) -> ColumnElement[bool]:
    return and_(File.sender_id == principal.official_id, File.expires_at > clock.now())


def _may_have(session: Session, principal: Principal, file_ids: set[int]) -> ColumnElement[bool]:
    """The condition on File, as ``messaging.policy`` decides about each conversation."""
    if principal.scopes is not None:
        return _may_have_as_app(session, principal, file_ids)
    standing = standing_of(session, principal)
    addressable = _addressable(session, principal, file_ids)
    belongs = or_(
        and_(
            Conversation.kind.in_(NAMED),
            Participation.official_id.is_not(None),
            Participation.left_at.is_(None),
        ),
        and_(
            Conversation.kind.in_(BY_AUDIENCE),
            or_(
                standing.reached,
                and_(
                    Conversation.kind == "announcement",
                    Conversation.audience_id.in_(addressable),
                ),
            ),
        ),
    )
    carried = (
        _with_message(select(MessageFile.file_id))
        .outerjoin(
            Participation,
            and_(
                Participation.conversation_id == MessageFile.conversation_id,
                Participation.official_id == principal.official_id,
            ),
        )
        .where(
            MessageFile.file_id == File.id,
            Message.recalled_at.is_(None),
            func.coalesce(Participation.first_seq, 1) <= MessageFile.seq,
            belongs,
        )
        .correlate(File)
        .exists()
    )
    others = [condition(session, principal, File.id) for condition in _otherwise.values()]
    return or_(_mine_unsent(principal), carried, *others)


def _with_message(query: Select[*Shown]) -> Select[*Shown]:
    """The query of MessageFile, with the message that carries it and that one's conversation."""
    said = and_(
        Message.conversation_id == MessageFile.conversation_id, Message.seq == MessageFile.seq
    )
    in_it = Conversation.id == MessageFile.conversation_id
    return query.join(Conversation, in_it).join(Message, said)


def _may_have_as_app(
    session: Session, principal: Principal, file_ids: set[int]
) -> ColumnElement[bool]:
    """What is given to its installation; for itself, where it may hear what is said
    (``messages.read``), what is carried in org groups and announcements that lie whole in its part.

    For an official it does not pass on what was said before (messaging.policy.check_may_quote).
    """
    unsent = _given(principal)
    hears = "messages.read" in (principal.scopes or ()) and principal.reach is not None
    if principal.official_id is not None or not hears or principal.reach is None:
        return unsent
    rows = session.execute(
        _with_message(select(MessageFile.file_id, Conversation.audience_id))
        .where(
            MessageFile.file_id.in_(file_ids),
            Conversation.kind.in_(BY_AUDIENCE),
            Message.recalled_at.is_(None),
            Message.removed_at.is_(None),
        )
        .limit(MOST_AUDIENCES)
    ).all()
    within = as_audience(principal.reach)
    known = find_in_use(session, {row.audience_id for row in rows if row.audience_id})
    heard = {row.file_id for row in rows if known[row.audience_id].lies_in(within)}
    return or_(unsent, File.id.in_(heard))


def _given(principal: Principal, *, own: bool = False) -> ColumnElement[bool]:
    """The condition on File: given to this installation of an app, and not sent yet; ``own``: or
    uploaded by it."""
    given = exists().where(
        FileForApp.file_id == File.id, FileForApp.installation_id == principal.installation_id
    )
    usable = File.expires_at > clock.now()
    if own:
        usable = or_(usable, File.sender_id == uploader_of(principal))
    return and_(usable, given.correlate(File))


def _addressable(session: Session, principal: Principal, file_ids: set[int]) -> list[int]:
    """Audiences that announcements with these files went to and that one may address."""
    if principal.scopes is not None or not identity.may_post_announcements(principal):
        return []
    used = session.scalars(
        select(Conversation.audience_id)
        .join(MessageFile, MessageFile.conversation_id == Conversation.id)
        .where(MessageFile.file_id.in_(file_ids), Conversation.kind == "announcement")
        .distinct()
        .limit(MOST_AUDIENCES)
    )
    known = find_in_use(session, [each for each in used if each is not None])
    return [key for key, audience in known.items() if may_address(principal, audience)]
