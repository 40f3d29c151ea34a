"""Refusals in the words of comments."""

from __future__ import annotations

from zzd.errors import Conflict


class CommentsOff(Conflict):
    code, title = "comments_off", "This channel takes no comments"


class NotAnAnnouncement(Conflict):
    code, title = "not_an_announcement", "Only announcements take comments"
