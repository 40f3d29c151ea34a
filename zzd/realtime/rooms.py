"""Names of the rooms that sockets join, in one place."""

from __future__ import annotations


def official(official_id: int) -> str:
    return f"official:{official_id}"


def unit(unit_id: int) -> str:
    """Everybody with a post in the unit itself."""
    return f"unit:{unit_id}"


def conversation(conversation_id: int) -> str:
    return f"conversation:{conversation_id}"


def audience(audience_id: int) -> str:
    return f"audience:{audience_id}"


def installation(installation_id: int) -> str:
    """An app where it was installed: no socket is here, and webhooks and readers are."""
    return f"installation:{installation_id}"


PRESENCE = "presence:"


def presence(official_id: int) -> str:
    """Those who have this official on their screen."""
    return f"{PRESENCE}{official_id}"


def comments(conversation_id: int, seq: int) -> str:
    """Those who have the comments under an announcement on their screen."""
    return f"comments:{conversation_id}:{seq}"


def rollup(directive_id: int, unit_id: int) -> str:
    return f"rollup:{directive_id}:{unit_id}"
