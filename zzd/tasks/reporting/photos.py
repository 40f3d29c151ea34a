"""Photos and attachments of reports: had by whoever may see the report, and by nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, false, insert, select
from sqlalchemy.orm import Session

from zzd.errors import Invalid
from zzd.messaging.files import carriers
from zzd.principal import Principal
from zzd.tasks import places
from zzd.tasks.models import Assignment
from zzd.tasks.reporting.models import ReportFile

# Photos and files, as shown.
Carried = dict[str, list[dict[str, Any]]]
Files = Mapping[int, Carried]


def register() -> None:
    carriers.register_carrier(carriers.Carrier("report", _is_carried, _may_have))


def _is_carried(file_id: Any) -> ColumnElement[bool]:
    return exists().where(ReportFile.file_id == file_id)


def _may_have(_session: Session, principal: Principal, file_id: Any) -> ColumnElement[bool]:
    """Whoever may see the report: see policy.access_assignment."""
    if principal.post is None or principal.scopes is not None:
        return false()
    return exists().where(
        ReportFile.file_id == file_id,
        places.overseen_by(
            principal.post.unit_id, ReportFile.path, ReportFile.issuer_unit_id, ReportFile.reach
        ),
    )


def take_files(
    session: Session,
    by: Principal,
    photos: Sequence[Mapping[str, Any]],
    files: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """The rows of a report's files, each of which the sender must have and which are held until
    the report is there. Raises Invalid."""
    rows: list[dict[str, Any]] = []
    for pointer, wanted, is_photo in (("/photos", photos, True), ("/files", files, False)):
        if not wanted:
            continue
        ids = [each["file_id"] for each in wanted]
        taken = carriers.take_files(session, by, ids, pointer=pointer)
        for place, (said, content) in enumerate(zip(wanted, taken, strict=True)):
            if is_photo and content["type"] != "image":
                raise Invalid.at(f"{pointer}/{place}", "This is no picture")
            rows.append(
                {
                    "no": len(rows),
                    "file_id": said["file_id"],
                    "content": content,
                    "is_photo": is_photo,
                    "taken_at": said.get("taken_at"),
                    "position": said.get("position"),
                }
            )
    return rows


def keep_files(
    session: Session, assignment: Assignment, report_id: int, rows: Sequence[dict[str, Any]]
) -> None:
    """From now on whoever may see the report may have these files."""
    if not rows:
        return
    issuer_unit_id = assignment.directive.unit_id
    seen_by = {
        "report_id": report_id,
        "path": assignment.path,
        "issuer_unit_id": issuer_unit_id,
        "reach": places.reach(issuer_unit_id, assignment.path),
    }
    session.execute(insert(ReportFile), [{**row, **seen_by} for row in rows])


def describe_files(session: Session, report_ids: Collection[int]) -> Files:
    """By report, its photos and other files, for somebody who may see these reports."""
    query = (
        select(ReportFile)
        .where(ReportFile.report_id.in_(report_ids))
        .order_by(ReportFile.report_id, ReportFile.no)
    )
    found: dict[int, Carried] = defaultdict(lambda: as_shown(()))
    for row in session.scalars(query):
        _show(found[row.report_id], row.content, row.is_photo, row.taken_at, row.position)
    return found


def as_shown(rows: Iterable[Mapping[str, Any]]) -> Carried:
    """Files that were taken (``take_files``) and kept."""
    found: Carried = {"photos": [], "files": []}
    for row in rows:
        _show(found, *(row[name] for name in ("content", "is_photo", "taken_at", "position")))
    return found


def _show(
    found: Carried, content: Mapping[str, Any], is_photo: bool, taken_at: Any, position: Any
) -> None:
    if is_photo:
        found["photos"].append({**content, "taken_at": taken_at, "position": position})
    else:
        found["files"].append({**content})
