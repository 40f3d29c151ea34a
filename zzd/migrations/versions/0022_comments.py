"""Comments under announcements"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0022_comments"
down_revision = "0021_installations"


def upgrade() -> None:
    op.create_table(
        "comment",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("sender_name", sa.String(length=50), nullable=False),
        sa.Column("sender_title", sa.String(length=50), nullable=False),
        sa.Column("sender_unit", sa.String(length=100), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("removed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("removed_by_name", sa.String(length=50), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "seq"],
            ["message.conversation_id", "message.seq"],
            name=op.f("fk_comment_conversation_id_seq_message"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sa.UniqueConstraint(
            "conversation_id", "seq", "no", name=op.f("uq_comment_conversation_id_seq_no")
        ),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_comment_sender_id_client_id")),
    )
    op.create_table(
        "comment_count",
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("last_no", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "seq"],
            ["message.conversation_id", "message.seq"],
            name=op.f("fk_comment_count_conversation_id_seq_message"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_comment_count")),
    )
    op.add_column(
        "conversation",
        sa.Column("comments", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("conversation", "comments")
    op.drop_table("comment_count")
    op.drop_table("comment")
