"""Refusals in the words of calls in."""

from __future__ import annotations

from zzd.errors import Conflict


class EntryChanged(Conflict):
    code, title = "entry_changed", "The entry is at another version; read it again"


class StorageFull(Conflict):
    code, title = "storage_full", "The installation keeps as much as it may; delete something first"


class TodoSettled(Conflict):
    code, title = "todo_settled", "The to-do is done or withdrawn already"
