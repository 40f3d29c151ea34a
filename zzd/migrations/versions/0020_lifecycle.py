"""Versions, endings and handing over of directives; who acted for whom; late reports"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0020_lifecycle"
down_revision = "0019_picture"
branch_labels = None
depends_on = None

MOMENT = zzd.db.Timestamp(timezone=True)


def by_official() -> list[sa.Column[object]]:
    return [
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
    ]


def added() -> dict[str, list[sa.Column[object]]]:
    """New columns by table; each has a constant default or none, so no table is rewritten."""
    return {
        "directive": [
            sa.Column("way", sa.String(length=10), server_default="all", nullable=False),
            sa.Column("version", sa.Integer(), server_default="1", nullable=False),
            sa.Column("supersedes_id", zzd.db.BigInt, nullable=True),
        ],
        "directive_audience": [sa.Column("transfer_id", zzd.db.BigInt, nullable=True)],
        "assignment": [
            sa.Column("started_at", MOMENT, nullable=True),
            sa.Column("cleared_at", MOMENT, nullable=True),
            sa.Column("stood_down_at", MOMENT, nullable=True),
        ],
        "assignment_move": [sa.Column("proxy_reason", sa.String(length=500), nullable=True)],
        "cascade": [
            sa.Column("line", sa.String(length=32), server_default="", nullable=False),
            sa.Column("role", sa.String(length=16), server_default="", nullable=False),
        ],
        "report": [
            sa.Column("counted", sa.Boolean(), server_default=sa.true(), nullable=False),
            sa.Column("rescue_open", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("proxy_reason", sa.String(length=500), nullable=True),
        ],
    }


def upgrade() -> None:
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_directive_supersedes", "directive", ["supersedes_id"], unique=True)
    op.create_table(
        "directive_end",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("path", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("rescues", sa.Integer(), nullable=False),
        sa.Column("override_reason", sa.String(length=1000), nullable=True),
        *by_official(),
        sa.ForeignKeyConstraint(
            ["directive_id"], ["directive.id"], name=op.f("fk_directive_end_directive_id_directive")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directive_end")),
        sa.UniqueConstraint(
            "directive_id",
            "kind",
            "unit_id",
            name=op.f("uq_directive_end_directive_id_kind_unit_id"),
        ),
    )
    op.create_table(
        "transfer",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("from_id", zzd.db.BigInt, nullable=False),
        sa.Column("to_id", zzd.db.BigInt, nullable=False),
        sa.Column("from_unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("to_unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *by_official(),
        sa.ForeignKeyConstraint(
            ["directive_id"], ["directive.id"], name=op.f("fk_transfer_directive_id_directive")
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["assignment.id"], name=op.f("fk_transfer_from_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["assignment.id"], name=op.f("fk_transfer_to_id_assignment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("from_id", name=op.f("uq_transfer_from_id")),
        sa.UniqueConstraint("to_id", name=op.f("uq_transfer_to_id")),
    )


def downgrade() -> None:
    op.drop_table("transfer")
    op.drop_table("directive_end")
    op.drop_index("ix_directive_supersedes", table_name="directive")
    for table, columns in added().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
