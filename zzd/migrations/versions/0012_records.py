"""rules of keeping, legal holds, exports of conversations"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0012_records"
down_revision = "0011_bots"


def upgrade() -> None:
    op.create_table(
        "retention_sweep",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("message_id", zzd.db.BigInt, nullable=False),
        sa.Column("pass_no", zzd.db.BigInt, nullable=False),
        sa.Column("next_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_sweep")),
    )
    op.create_table(
        "retention_rule",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("conversation_kinds", zzd.db.Json, nullable=False),
        sa.Column("message_kinds", zzd.db.Json, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=True),
        sa.Column("levels", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("by_username", sa.String(length=64), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("changed_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("ended_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_retention_rule_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_retention_rule_sender_id_client_id")
        ),
    )
    op.create_table(
        "conversation_export",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=True),
        sa.Column("by_username", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("with_files", sa.Boolean(), nullable=False),
        sa.Column("first_seq", zzd.db.BigInt, nullable=False),
        sa.Column("last_seq", zzd.db.BigInt, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", zzd.db.BigInt, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=True),
        sa.Column("size", zzd.db.BigInt, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("ready_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_conversation_export_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_export")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_conversation_export_sender_id_client_id")
        ),
    )
    op.create_index(
        "ix_conversation_export_made",
        "conversation_export",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'ready'"),
        sqlite_where=sa.text("state = 'ready'"),
    )
    op.create_index(
        "ix_conversation_export_making",
        "conversation_export",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_index(
        "ix_conversation_export_sender", "conversation_export", ["sender_id", "id"], unique=False
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=True),
        sa.Column("official_id", zzd.db.BigInt, nullable=True),
        sa.Column("unit_id", zzd.db.BigInt, nullable=True),
        sa.Column("levels", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by_username", sa.String(length=64), nullable=False),
        sa.Column("placed_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("released_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("released_by_username", sa.String(length=64), nullable=True),
        sa.Column("release_reason", sa.String(length=500), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_legal_hold_conversation_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_legal_hold_official_id_official")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_legal_hold_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_legal_hold_sender_id_client_id")
        ),
    )
    op.create_index(
        "ix_legal_hold_conversation",
        "legal_hold",
        ["conversation_id"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
        sqlite_where=sa.text("released_at IS NULL"),
    )
    op.create_index(
        "ix_legal_hold_official",
        "legal_hold",
        ["official_id"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
        sqlite_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "message_record",
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("record_id", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "seq"],
            ["message.conversation_id", "message.seq"],
            name=op.f("fk_message_record_conversation_id_seq_message"),
        ),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["forward_record.id"],
            name=op.f("fk_message_record_record_id_forward_record"),
        ),
        sa.PrimaryKeyConstraint(
            "conversation_id", "seq", "record_id", name=op.f("pk_message_record")
        ),
    )
    op.create_index(
        op.f("ix_message_record_record_id"), "message_record", ["record_id"], unique=False
    )
    op.add_column(
        "message", sa.Column("removed_at", zzd.db.Timestamp(timezone=True), nullable=True)
    )
    _begin()
    _follow_records()


def _begin() -> None:
    sweep = sa.table(
        "retention_sweep",
        sa.column("id", sa.BigInteger),
        sa.column("message_id", sa.BigInteger),
        sa.column("pass_no", sa.BigInteger),
        sa.column("next_at", zzd.db.Timestamp),
    )
    begun = datetime(2020, 1, 1, tzinfo=UTC)
    op.bulk_insert(sweep, [{"id": 1, "message_id": 0, "pass_no": 1, "next_at": begun}])


def _follow_records() -> None:
    """Which messages carry which records so far."""
    message = sa.table(
        "message",
        sa.column("conversation_id", sa.BigInteger),
        sa.column("seq", sa.BigInteger),
        sa.column("kind", sa.String),
        sa.column("content", zzd.db.Json),
    )
    record = sa.table(
        "forward_record", sa.column("id", sa.BigInteger), sa.column("includes", zzd.db.Json)
    )
    carried = sa.table(
        "message_record",
        sa.column("conversation_id", sa.BigInteger),
        sa.column("seq", sa.BigInteger),
        sa.column("record_id", sa.BigInteger),
    )
    connection = op.get_bind()
    includes = {row.id: row.includes for row in connection.execute(sa.select(record))}
    query = sa.select(message.c.conversation_id, message.c.seq, message.c.content)
    for row in connection.execute(query.where(message.c.kind == "forward")).all():
        first = int(row.content["record_id"])
        rows = [
            {"conversation_id": row.conversation_id, "seq": row.seq, "record_id": each}
            for each in {first, *includes[first]}
        ]
        connection.execute(sa.insert(carried), rows)


def downgrade() -> None:
    op.drop_column("message", "removed_at")
    op.drop_index(op.f("ix_message_record_record_id"), table_name="message_record")
    op.drop_table("message_record")
    op.drop_index(
        "ix_legal_hold_official",
        table_name="legal_hold",
        postgresql_where=sa.text("released_at IS NULL"),
        sqlite_where=sa.text("released_at IS NULL"),
    )
    op.drop_index(
        "ix_legal_hold_conversation",
        table_name="legal_hold",
        postgresql_where=sa.text("released_at IS NULL"),
        sqlite_where=sa.text("released_at IS NULL"),
    )
    op.drop_table("legal_hold")
    op.drop_index("ix_conversation_export_sender", table_name="conversation_export")
    op.drop_index(
        "ix_conversation_export_making",
        table_name="conversation_export",
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.drop_index(
        "ix_conversation_export_made",
        table_name="conversation_export",
        postgresql_where=sa.text("state = 'ready'"),
        sqlite_where=sa.text("state = 'ready'"),
    )
    op.drop_table("conversation_export")
    op.drop_table("retention_rule")
    op.drop_table("retention_sweep")
