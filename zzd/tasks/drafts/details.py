"""How drafts are shown: a page of them in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.messaging.files.contents import describe_content
from zzd.messaging.files.policy import visible_files
from zzd.orgtree.models import Unit
from zzd.principal import Principal
from zzd.tasks.details import describe_brief_event
from zzd.tasks.drafts import policy
from zzd.tasks.drafts.content import lacking
from zzd.tasks.drafts.models import Draft, DraftFile


def describe_drafts(
    session: Session, by: Principal, drafts: Sequence[Draft]
) -> list[dict[str, Any]]:
    """As the caller sees them, with what each lacks and what may be done with it."""
    files = _files(session, by, drafts)
    names = _names(session, drafts)
    now = clock.now()
    shown = []
    for draft in drafts:
        is_open = draft.state == "open"
        lacks = lacking(draft.content, draft.event_id, now) if is_open else []
        signed = draft.countersigned is not None or not draft.countersign
        asks = is_open and draft.countersign and draft.countersigned is None
        shown.append(
            {
                "id": draft.id,
                "event": describe_brief_event(draft.event),
                "content": draft.content,
                "names": [names[each] for each in sorted(_named(draft)) if each in names],
                "files": files[draft.id],
                "revision": draft.revision,
                "state": draft.state,
                "plan": draft.plan,
                "updates_id": draft.updates_id,
                "update_reason": draft.update_reason,
                "countersign": draft.countersign,
                "countersigned": draft.countersigned,
                "lacking": lacks,
                "author": draft.by,
                "created_at": draft.created_at,
                "changed_at": draft.changed_at,
                "changed_by": draft.changed_by,
                "directive_id": draft.directive_id,
                "may": {
                    "write": is_open and policy.may_write(by),
                    "countersign": asks and not lacks and policy.may_countersign(by, draft),
                    "issue": is_open and signed and not lacks and policy.may_issue(by, draft),
                },
            }
        )
    return shown


def _named(draft: Draft) -> set[int]:
    said = draft.content
    ids = [*said["unit_ids"], *said["cooperating_unit_ids"], said["lead_unit_id"]]
    ids += [audience["unit_id"] for audience in (*said["audiences"], *said["copies"])]
    return {int(each) for each in ids if each}


def _names(session: Session, drafts: Sequence[Draft]) -> dict[int, dict[str, Any]]:
    wanted = {each for draft in drafts for each in _named(draft)}
    rows = session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(wanted)))
    return {row[0]: {"id": row[0], "name": row[1]} for row in rows}


def _files(
    session: Session, by: Principal, drafts: Sequence[Draft]
) -> dict[int, list[dict[str, Any]]]:
    query = select(DraftFile).where(DraftFile.draft_id.in_([draft.id for draft in drafts]))
    kept = list(session.scalars(query.order_by(DraftFile.draft_id, DraftFile.file_id)))
    found = visible_files(session, by, {each.file_id for each in kept}) if kept else {}
    files: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for each in kept:
        if each.file_id in found:
            files[each.draft_id].append(describe_content(*found[each.file_id]))
    return files
