"""drafts of directives, what goes with an issued one, and plans"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0018_plans"
down_revision = "0017_time"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_plan_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index("ix_plan_unit_kind", "plan", ["unit_id", "kind"], unique=False)
    op.create_table(
        "plan_response",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("event_id", zzd.db.BigInt, nullable=False),
        sa.Column("plan_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("level_before", sa.SmallInteger(), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("outcome", zzd.db.Json, nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_plan_response_event_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_response")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_plan_response_sender_id_client_id")
        ),
    )
    op.create_index(op.f("ix_plan_response_event_id"), "plan_response", ["event_id"], unique=False)
    op.create_table(
        "plan_version",
        sa.Column("plan_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", zzd.db.Json, nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_plan_version_plan_id_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "no", name=op.f("pk_plan_version")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_plan_version_sender_id_client_id")
        ),
    )
    op.create_table(
        "directive_copy",
        sa.Column("audience_id", zzd.db.BigInt, nullable=False),
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["audience_id"], ["audience.id"], name=op.f("fk_directive_copy_audience_id_audience")
        ),
        sa.ForeignKeyConstraint(
            ["directive_id"],
            ["directive.id"],
            name=op.f("fk_directive_copy_directive_id_directive"),
        ),
        sa.PrimaryKeyConstraint("audience_id", "directive_id", name=op.f("pk_directive_copy")),
    )
    op.create_index(
        op.f("ix_directive_copy_directive_id"), "directive_copy", ["directive_id"], unique=False
    )
    op.create_table(
        "directive_draft",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("event_id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("content", zzd.db.Json, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("plan", zzd.db.Json, nullable=True),
        sa.Column("countersign", sa.Boolean(), nullable=False),
        sa.Column("writers", zzd.db.Json, nullable=False),
        sa.Column("countersigned", zzd.db.Json, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("changed_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=50), nullable=False),
        sa.Column("directive_id", zzd.db.BigInt, nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["directive_id"],
            ["directive.id"],
            name=op.f("fk_directive_draft_directive_id_directive"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_directive_draft_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_directive_draft_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directive_draft")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_directive_draft_sender_id_client_id")
        ),
    )
    op.create_index(
        op.f("ix_directive_draft_event_id"), "directive_draft", ["event_id"], unique=False
    )
    op.create_index("ix_directive_draft_unit", "directive_draft", ["unit_id", "id"], unique=False)
    op.create_table(
        "directive_file",
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("file_id", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["directive_id"],
            ["directive.id"],
            name=op.f("fk_directive_file_directive_id_directive"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["file.id"], name=op.f("fk_directive_file_file_id_file")
        ),
        sa.PrimaryKeyConstraint("directive_id", "file_id", name=op.f("pk_directive_file")),
    )
    op.create_index(op.f("ix_directive_file_file_id"), "directive_file", ["file_id"], unique=False)
    op.create_table(
        "directive_draft_file",
        sa.Column("draft_id", zzd.db.BigInt, nullable=False),
        sa.Column("file_id", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["directive_draft.id"],
            name=op.f("fk_directive_draft_file_draft_id_directive_draft"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["file.id"], name=op.f("fk_directive_draft_file_file_id_file")
        ),
        sa.PrimaryKeyConstraint("draft_id", "file_id", name=op.f("pk_directive_draft_file")),
    )
    op.create_index(
        op.f("ix_directive_draft_file_file_id"), "directive_draft_file", ["file_id"], unique=False
    )
    op.add_column("directive", sa.Column("company", zzd.db.Json, nullable=True))
    op.add_column("directive", sa.Column("plan_id", zzd.db.BigInt, nullable=True))
    op.add_column("directive", sa.Column("plan_key", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("directive", "plan_key")
    op.drop_column("directive", "plan_id")
    op.drop_column("directive", "company")
    op.drop_index(op.f("ix_directive_draft_file_file_id"), table_name="directive_draft_file")
    op.drop_table("directive_draft_file")
    op.drop_index(op.f("ix_directive_file_file_id"), table_name="directive_file")
    op.drop_table("directive_file")
    op.drop_index("ix_directive_draft_unit", table_name="directive_draft")
    op.drop_index(op.f("ix_directive_draft_event_id"), table_name="directive_draft")
    op.drop_table("directive_draft")
    op.drop_index(op.f("ix_directive_copy_directive_id"), table_name="directive_copy")
    op.drop_table("directive_copy")
    op.drop_table("plan_version")
    op.drop_index(op.f("ix_plan_response_event_id"), table_name="plan_response")
    op.drop_table("plan_response")
    op.drop_index("ix_plan_unit_kind", table_name="plan")
    op.drop_table("plan")
