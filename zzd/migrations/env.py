"""Alembic's entry: runs on the connection that zzd.migrate hands over."""

from typing import Any, Literal

from alembic import context

from zzd import migrate, models
from zzd.db import Base, BigInt, Json

assert models


def name_our_types(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Migrations call the types that differ between the databases by their names."""
    if kind != "type":
        return False
    if thing is BigInt or thing is Json:
        return "zzd.db.BigInt" if thing is BigInt else "zzd.db.Json"
    variants = getattr(thing, "_variant_mapping", {})
    if "postgresql" in variants and variants["postgresql"].collation == "C":
        return f"zzd.db.byte_ordered({thing.length})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    render_item=name_our_types,
    include_name=migrate.is_ours,
    render_as_batch=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
