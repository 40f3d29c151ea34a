"""when the timer of an assignment is due, and who was told of missed deadlines"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0025_escalation"
down_revision = "0024_reports"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at IS NULL")
WAITS = sa.text("next_step_at IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "assignment", sa.Column("next_step_at", zzd.db.Timestamp(timezone=True), nullable=True)
    )
    op.add_column(
        "assignment",
        sa.Column("steps_taken", sa.SmallInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "assignment", sa.Column("steps", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "assignment", sa.Column("escalated_at", zzd.db.Timestamp(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_assignment_next_step",
        "assignment",
        ["next_step_at"],
        postgresql_where=WAITS,
        sqlite_where=WAITS,
    )
    op.create_table(
        "escalation_step",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("assignment_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("deadline", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("step", sa.String(length=8), nullable=False),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("fired_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("told_unit_id", zzd.db.BigInt, nullable=True),
        sa.Column("told_role", sa.String(length=16), nullable=False),
        sa.Column("told", zzd.db.Json, nullable=False),
        sa.Column("vacant", zzd.db.Json, nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("urge_id", zzd.db.BigInt, nullable=True),
        sa.Column("ended_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_step")),
        sa.UniqueConstraint(
            "assignment_id", "no", name=op.f("uq_escalation_step_assignment_id_no")
        ),
    )
    op.create_index(
        "ix_escalation_step_told",
        "escalation_step",
        ["told_unit_id", "told_role"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_table(
        "urge",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("unreached", sa.Integer(), nullable=False),
        sa.Column("ding_id", zzd.db.BigInt, nullable=True),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urge")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_urge_sender_id_client_id")),
    )
    op.create_index("ix_urge_directive", "urge", ["directive_id", "id"])


def downgrade() -> None:
    op.drop_table("urge")
    op.drop_table("escalation_step")
    op.drop_index("ix_assignment_next_step", table_name="assignment")
    for column in ("escalated_at", "steps", "steps_taken", "next_step_at"):
        op.drop_column("assignment", column)
