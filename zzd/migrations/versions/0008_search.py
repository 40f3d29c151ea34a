"""What messages are found by"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import zzd.db

revision = "0008_search"
down_revision = "0007_files"


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("message_id", zzd.db.BigInt, autoincrement=False, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("changed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("words", postgresql.TSVECTOR().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search_entry")),
    )
    progress = op.create_table(
        "search_progress",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("message_id", zzd.db.BigInt, nullable=False),
        sa.Column("changed_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("next_message_id", zzd.db.BigInt, nullable=False),
        sa.Column("next_changed_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("next_horizon", zzd.db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_progress")),
    )
    op.create_index(
        "ix_search_entry_conversation",
        "search_entry",
        ["conversation_id", "created_at", "message_id"],
    )
    where = sa.text("changed_at IS NOT NULL")
    op.create_index(
        "ix_message_changed_at",
        "message",
        ["changed_at"],
        postgresql_where=where,
        sqlite_where=where,
    )
    beginning = datetime(1970, 1, 1, tzinfo=UTC)
    op.bulk_insert(
        progress,
        [
            {
                "id": 1,
                "message_id": 0,
                "changed_at": beginning,
                "next_message_id": 0,
                "next_changed_at": beginning,
                "next_horizon": 0,
            }
        ],
    )
    op.create_index("ix_search_entry_sender", "search_entry", ["sender_id", "created_at"])
    other = sa.text("kind <> 'text'")
    op.create_index(
        "ix_search_entry_kind",
        "search_entry",
        ["kind", "conversation_id"],
        postgresql_where=other,
        sqlite_where=other,
    )
    op.create_index("ix_search_entry_words", "search_entry", ["words"], postgresql_using="gin")
    if op.get_bind().dialect.name == "postgresql":
        # The newest entries are lined up by the index alone where a vacuum has been.
        op.execute(
            "ALTER TABLE search_entry SET (autovacuum_vacuum_insert_scale_factor = 0.01,"
            " autovacuum_analyze_scale_factor = 0.05)"
        )
    else:
        # Tokens arrive cut and folded. "ascii" takes every other character for a letter, of the
        # newest Chinese extensions too, which "unicode61" drops.
        op.execute(
            "CREATE VIRTUAL TABLE search_words USING"
            " fts5(words, strong, tokenize = \"ascii tokenchars '_'\")"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.drop_table("search_words")
    op.drop_index("ix_message_changed_at", table_name="message")
    op.drop_table("search_progress")
    op.drop_table("search_entry")
