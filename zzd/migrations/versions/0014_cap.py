"""warnings taken in as CAP documents, and the events raised from them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0014_cap"
down_revision = "0013_counts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "warning",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("sender", sa.String(length=200), nullable=False),
        sa.Column("identifier", sa.String(length=200), nullable=False),
        sa.Column("sent", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("msg_type", sa.String(length=10), nullable=False),
        sa.Column("expires", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=True),
        sa.Column("basis", sa.String(length=300), nullable=False),
        sa.Column("received_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("replaced_by_id", zzd.db.BigInt, nullable=True),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["warning.id"], name=op.f("fk_warning_replaced_by_id_warning")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_warning_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning")),
        sa.UniqueConstraint(
            "unit_id", "sender", "identifier", name=op.f("uq_warning_unit_id_sender_identifier")
        ),
    )
    op.create_index("ix_warning_message", "warning", ["sender", "identifier"])
    op.create_table(
        "warning_event",
        sa.Column("warning_id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("event_id", zzd.db.BigInt, nullable=False),
        sa.Column("responded_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_warning_event_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_warning_event_unit_id_unit")
        ),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["warning.id"], name=op.f("fk_warning_event_warning_id_warning")
        ),
        sa.PrimaryKeyConstraint("warning_id", "unit_id", name=op.f("pk_warning_event")),
    )


def downgrade() -> None:
    op.drop_table("warning_event")
    op.drop_index("ix_warning_message", table_name="warning")
    op.drop_table("warning")
