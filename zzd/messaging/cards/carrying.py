"""Files in the fields of a card: the app's own, or handed to it, as those of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from zzd.errors import Invalid
from zzd.messaging.files.carrying import carry
from zzd.messaging.files.contents import describe_content
from zzd.messaging.files.policy import sendable_files
from zzd.messaging.written import Along
from zzd.principal import Principal

Row = dict[str, Any]


def describe_files(
    session: Session, by: Principal | None, rows: Sequence[Row], known: Mapping[str, Row]
) -> list[Row]:
    """The fields as everybody sees them. Files that the card shows already are ``known``, by their
    ids; of others ``by`` must have each, and they are held until the message is there; nobody has
    any. Raises Invalid.
    """
    fresh = [each["file"] for each in rows if "file" in each and str(each["file"]) not in known]
    found = sendable_files(session, by, fresh) if by is not None and fresh else {}
    shown = []
    for place, each in enumerate(rows):
        if "file" not in each:
            shown.append(each)
            continue
        described = known.get(str(each["file"]))
        if described is None:
            pointer = f"/fields/{place}/file"
            file, blob = found.get(each["file"], (None, None))
            if file is None:
                raise Invalid.at(pointer, "There is no such file for the app to send")
            if blob is None:
                raise Invalid.at(pointer, "The upload is not complete")
            described = describe_content(file, blob)
        shown.append({**each, "file": described})
    return shown


def files_of(content: Mapping[str, Any]) -> dict[str, Row]:
    """Those that a card shows, by their ids."""
    return {each["file"]["id"]: each["file"] for each in content["fields"] if "file" in each}


def ids_of_files(content: Mapping[str, Any]) -> list[int]:
    return [int(file_id) for file_id in files_of(content)]


def keep_files_of_card(session: Session, content: Mapping[str, Any]) -> list[Along]:
    """Whoever may see the card may have them, from now on."""
    return carry(session, ids_of_files(content))
