"""Refusals in the words of webhooks."""

from __future__ import annotations

from zzd.errors import Conflict, Problem


class TooManyWebhooks(Conflict):
    code, title = "too_many_webhooks", "An app has at most ten webhooks; remove one first"


class TooManyCursors(Conflict):
    code = "too_many_cursors"
    title = "There are a hundred cursors already; use one of those, by its name"


class ChallengeFailed(Conflict):
    code, title = "challenge_failed", "The address did not answer the challenge"


class WebhookNotLive(Conflict):
    code, title = "webhook_not_live", "The webhook is not verified; have it answer the challenge"


class EventsExpired(Problem):
    status, code = 410, "events_expired"
    title = "Events between your cursor and now are not kept any more; acknowledge and go on"
