"""Who stands over whom in the tree of a directive's day."""

from __future__ import annotations

from zzd.orgtree.audiences import ancestor_ids


def oversees(unit_id: int, issuer_unit_id: int, path: str) -> bool:
    """Whether a unit stands over the one at ``path``: is it, or is above it within reach.

    The issuer's unit reaches everything it issued to; between it and the unit at ``path`` lie
    those who answer for that branch. Units above the issuer's have no part in it.
    """
    chain = ancestor_ids(path)
    if unit_id in (issuer_unit_id, chain[-1]):
        return True
    return issuer_unit_id in chain and unit_id in chain[chain.index(issuer_unit_id) :]
