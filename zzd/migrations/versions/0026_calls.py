"""What apps call, keep and ask officials to do"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0026_calls"
down_revision = "0025_escalation"


def upgrade() -> None:
    op.create_table(
        "app_call",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("installation_id", zzd.db.BigInt, nullable=True),
        sa.Column("for_official", sa.Boolean(), nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_call")),
    )
    op.create_index(op.f("ix_app_call_at"), "app_call", ["at"], unique=False)
    op.create_index("ix_app_call_miniapp_id", "app_call", ["miniapp_id", "id"], unique=False)
    op.create_table(
        "app_todo",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=True),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("settled_by", sa.String(length=8), nullable=True),
        sa.Column("settled_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("changed_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_app_todo_miniapp_id_miniapp")
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_app_todo_official_id_official")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_todo")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_app_todo_sender_id_client_id")),
    )
    op.create_index("ix_app_todo_official_id", "app_todo", ["official_id", "id"], unique=False)
    op.create_index(
        "ix_app_todo_open",
        "app_todo",
        ["official_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_app_todo_sender_id", "app_todo", ["sender_id", "id"], unique=False)
    op.create_index("ix_app_todo_settled_at", "app_todo", ["settled_at"], unique=False)
    op.create_table(
        "app_entry",
        sa.Column("installation_id", zzd.db.BigInt, nullable=False),
        sa.Column("key", zzd.db.byte_ordered(128), nullable=False),
        sa.Column("value", zzd.db.Json, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("version", zzd.db.BigInt, nullable=False),
        sa.Column("updated_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["miniapp_installation.id"],
            name=op.f("fk_app_entry_installation_id_miniapp_installation"),
        ),
        sa.PrimaryKeyConstraint("installation_id", "key", name=op.f("pk_app_entry")),
    )


def downgrade() -> None:
    for table in ("app_todo", "app_entry", "app_call"):
        op.drop_table(table)
