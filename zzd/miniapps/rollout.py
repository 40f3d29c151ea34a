"""Who gets a version that is on its way to everybody. Pure.

The choice follows from who somebody is and from the app alone: whoever got a version at ten in a
hundred has it at twenty, and another app begins with other people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from zzd.orgtree.audiences import Audience
from zzd.principal import PostRef

EVERYBODY = 100


def place_of(official_id: int, miniapp_id: int) -> int:
    """Where an official stands in an app's rollouts, from 0 (the first) to 99."""
    said = f"rollout:{miniapp_id}:{official_id}".encode()
    return int.from_bytes(hashlib.sha256(said).digest()[:8]) % EVERYBODY


def is_chosen(
    *,
    percent: int,
    audiences: Iterable[Audience],
    miniapp_id: int,
    official_id: int | None,
    posts: Sequence[PostRef],
) -> bool:
    """Whether an official is among the ``percent`` or in one of the audiences named."""
    if official_id is not None and place_of(official_id, miniapp_id) < percent:
        return True
    return any(audience.matches(post) for audience in audiences for post in posts)
