"""the ledger that the sums of directives are read from"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0029_ledger"
down_revision = "0028_draft_updates"

PLACE = "CASE WHEN length(path) <= 15 THEN path ELSE substr(path, 1, 15) || '.' END"
MARK = (
    "CASE WHEN delivered_at IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN acknowledged_at IS NULL THEN 0 ELSE 2 END"
    " + CASE WHEN reported_at IS NULL THEN 0 ELSE 4 END"
    " + CASE WHEN completed_at IS NULL THEN 0 ELSE 8 END"
    " + CASE WHEN stood_down_at IS NULL THEN 0 ELSE 16 END"
    " + CASE WHEN escalated_at IS NULL THEN 0 ELSE 32 END"
    " + CASE WHEN state = 'returned' THEN 64 ELSE 0 END"
)
NAMES = "directive_id, place, mark, due_at, key, risk, units, amount"


def booked() -> list[sa.Column[object]]:
    return [
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("place", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("mark", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("risk", sa.String(length=32), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("amount", zzd.db.BigInt, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "ledger_line",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        *booked(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_line")),
    )
    op.create_index("ix_ledger_line_place", "ledger_line", ["directive_id", "place"])
    op.create_table(
        "ledger_balance",
        *booked(),
        sa.PrimaryKeyConstraint(
            *("directive_id", "place", "mark", "due_at", "key", "risk"),
            name=op.f("pk_ledger_balance"),
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Lines come and go: what is left of them is cleared away by their number.
        op.execute(
            "ALTER TABLE ledger_line SET (autovacuum_vacuum_scale_factor = 0,"
            " autovacuum_vacuum_threshold = 2000)"
        )
    open_books(op.get_bind())


def open_books(connection: sa.Connection) -> None:
    """What the directives come to that there are already."""
    never = "'9999-01-01 00:00:00.000000'"
    if connection.dialect.name == "postgresql":
        never = "timestamptz '9999-01-01 00:00:00+00'"
    statements = [
        (
            f"SELECT directive_id, {PLACE}, {MARK}, coalesce(due_at, {never}), '', '', count(*), 0"  # noqa: S608
            " FROM assignment WHERE state <> 'transferred' GROUP BY 1, 2, 3, 4"
        ),
        (
            f"SELECT directive_id, {PLACE}, 0, {never}, key, risk, count(*), sum(value)"  # noqa: S608
            " FROM standing_figure GROUP BY 1, 2, key, risk"
        ),
        *(
            f"SELECT directive_id, {PLACE}, 0, {never}, '', '{name}', count(*), sum({name})"  # noqa: S608
            f" FROM assignment WHERE {name} IS NOT NULL AND state <> 'transferred' GROUP BY 1, 2"
            for name in ("dead", "missing", "injured")
        ),
    ]
    for statement in statements:
        connection.execute(sa.text(f"INSERT INTO ledger_balance ({NAMES}) {statement}"))


def downgrade() -> None:
    op.drop_table("ledger_balance")
    op.drop_table("ledger_line")
