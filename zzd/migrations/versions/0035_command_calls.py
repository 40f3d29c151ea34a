"""What people asked of apps by commands"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0035_command_calls"
down_revision = "0034_former_audiences"


def upgrade() -> None:
    op.create_table(
        "command_call",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("installation_id", zzd.db.BigInt, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=True),
        sa.Column("answer_fingerprint", sa.String(length=32), nullable=True),
        sa.Column("seq", zzd.db.BigInt, nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("answer_until", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("settled_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["miniapp_installation.id"],
            name=op.f("fk_command_call_installation_id_miniapp_installation"),
        ),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_command_call_miniapp_id_miniapp")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command_call")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_command_call_sender_id_client_id")
        ),
    )
    op.create_index("ix_command_call_created_at", "command_call", ["created_at"], unique=False)
    op.create_index(
        "ix_command_call_mine",
        "command_call",
        ["sender_id", "installation_id"],
        unique=False,
        postgresql_where=sa.text("answer_until IS NOT NULL"),
        sqlite_where=sa.text("answer_until IS NOT NULL"),
    )
    op.create_index(
        "ix_command_call_waiting",
        "command_call",
        ["answer_until"],
        unique=False,
        postgresql_where=sa.text("answer_until IS NOT NULL"),
        sqlite_where=sa.text("answer_until IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_command_call_waiting",
        table_name="command_call",
        postgresql_where=sa.text("answer_until IS NOT NULL"),
        sqlite_where=sa.text("answer_until IS NOT NULL"),
    )
    op.drop_index(
        "ix_command_call_mine",
        table_name="command_call",
        postgresql_where=sa.text("answer_until IS NOT NULL"),
        sqlite_where=sa.text("answer_until IS NOT NULL"),
    )
    op.drop_index("ix_command_call_created_at", table_name="command_call")
    op.drop_table("command_call")
