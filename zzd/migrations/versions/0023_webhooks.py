"""Events kept for those outside, webhooks and their deliveries, cursors of readers"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0023_webhooks"
down_revision = "0022_comments"


def upgrade() -> None:
    op.create_table(
        "kept_event",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("position", zzd.db.BigInt, nullable=True),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("subject", zzd.db.byte_ordered(80), nullable=False),
        sa.Column("occurred_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("rooms", zzd.db.Json, nullable=False),
        sa.Column("data", zzd.db.Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_event")),
        sa.UniqueConstraint("position", name=op.f("uq_kept_event_position")),
    )
    op.create_index("ix_kept_event_occurred_at", "kept_event", ["occurred_at"], unique=False)
    op.create_index(
        "ix_kept_event_unplaced",
        "kept_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("position IS NULL"),
        sqlite_where=sa.text("position IS NULL"),
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("delivery_id", zzd.db.BigInt, nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("request_headers", zzd.db.Json, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response_headers", zzd.db.Json, nullable=True),
        sa.Column("response_body", sa.Text(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index(
        "ix_webhook_attempt_delivery_id", "webhook_attempt", ["delivery_id", "id"], unique=False
    )
    op.create_table(
        "event_cursor",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("name", zzd.db.byte_ordered(64), nullable=False),
        sa.Column("types", zzd.db.Json, nullable=False),
        sa.Column("position", zzd.db.BigInt, nullable=False),
        sa.Column("used_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_event_cursor_miniapp_id_miniapp")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_cursor")),
        sa.UniqueConstraint("miniapp_id", "name", name=op.f("uq_event_cursor_miniapp_id_name")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("types", zzd.db.Json, nullable=False),
        sa.Column("filter", zzd.db.Json, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("position", zzd.db.BigInt, nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("verified_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_webhook_miniapp_id_miniapp")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_webhook_sender_id_client_id")),
    )
    op.create_index(
        "ix_webhook_live",
        "webhook",
        ["position"],
        unique=False,
        postgresql_where=sa.text("state = 'live'"),
        sqlite_where=sa.text("state = 'live'"),
    )
    op.create_index("ix_webhook_miniapp_id", "webhook", ["miniapp_id"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("webhook_id", zzd.db.BigInt, nullable=False),
        sa.Column("position", zzd.db.BigInt, nullable=False),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("subject", zzd.db.byte_ordered(80), nullable=False),
        sa.Column("occurred_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("installation_id", zzd.db.BigInt, nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("settled_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "webhook_id", "position", name=op.f("uq_webhook_delivery_webhook_id_position")
        ),
    )
    op.create_index(
        "ix_webhook_delivery_dead",
        "webhook_delivery",
        ["webhook_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'dead'"),
        sqlite_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["webhook_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_webhook_delivery_happened",
        "webhook_delivery",
        ["webhook_id", "occurred_at"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_delivery_listed", "webhook_delivery", ["webhook_id", "id"], unique=False
    )
    op.create_index(
        "ix_webhook_delivery_settled_at", "webhook_delivery", ["settled_at"], unique=False
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["webhook_id", "subject", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    for table in ("webhook_attempt", "webhook_delivery", "event_cursor", "webhook", "kept_event"):
        op.drop_table(table)
