"""The database: two engines behind one code path, and the only way to write.

Whatever differs between PostgreSQL and SQLite for everybody is said here, once: how a session begins
(``engine``), types (``tables``), words (``statements``), what is held by name (``locks``).
"""

from zzd.db.engine import OPENED_EARLY, Database, after_commit, before_commit
from zzd.db.locks import lock_name, try_lock_name
from zzd.db.repeats import find_repeat, fingerprint
from zzd.db.statements import (
    INSERTS,
    dialect_of,
    insert_into,
    is_one_of,
    is_one_of_named,
    is_postgresql,
    listed,
)
from zzd.db.tables import Base, BigInt, Id, Idempotent, Json, Timestamp, byte_ordered
from zzd.db.transactions import database, reading, register, transaction

__all__ = [
    "INSERTS",
    "OPENED_EARLY",
    "Base",
    "BigInt",
    "Database",
    "Id",
    "Idempotent",
    "Json",
    "Timestamp",
    "after_commit",
    "before_commit",
    "byte_ordered",
    "database",
    "dialect_of",
    "find_repeat",
    "fingerprint",
    "insert_into",
    "is_one_of",
    "is_one_of_named",
    "is_postgresql",
    "listed",
    "lock_name",
    "reading",
    "register",
    "transaction",
    "try_lock_name",
]
