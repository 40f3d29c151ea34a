"""Files, their contents, uploads, and the messages that carry them"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0007_files"
down_revision = "0006_chat"


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("size", zzd.db.BigInt, nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("variants", zzd.db.Json, nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("released_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
        sa.UniqueConstraint("sha256", name=op.f("uq_blob_sha256")),
    )
    op.create_index(
        "ix_blob_released",
        "blob",
        ["released_at"],
        unique=False,
        postgresql_where=sa.text("released_at IS NOT NULL"),
        sqlite_where=sa.text("released_at IS NOT NULL"),
    )
    op.create_table(
        "file",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", zzd.db.BigInt, nullable=False),
        sa.Column("blob_id", zzd.db.BigInt, nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("expires_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_file_blob_id_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_file_sender_id_client_id")),
    )
    op.create_index(op.f("ix_file_blob_id"), "file", ["blob_id"], unique=False)
    op.create_index(
        "ix_file_expires",
        "file",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("expires_at IS NOT NULL"),
        sqlite_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index("ix_file_sender_size", "file", ["sender_id", "size"], unique=False)
    op.create_table(
        "file_upload",
        sa.Column("file_id", zzd.db.BigInt, nullable=False),
        sa.Column("received", zzd.db.BigInt, nullable=False),
        sa.Column("writer", sa.String(length=32), nullable=False),
        sa.Column("parts", zzd.db.Json, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["file_id"], ["file.id"], name=op.f("fk_file_upload_file_id_file"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_file_upload")),
    )
    op.create_table(
        "message_file",
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("file_id", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "seq"],
            ["message.conversation_id", "message.seq"],
            name=op.f("fk_message_file_conversation_id_seq_message"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["file.id"], name=op.f("fk_message_file_file_id_file")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", "file_id", name=op.f("pk_message_file")),
    )
    op.create_index(op.f("ix_message_file_file_id"), "message_file", ["file_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_message_file_file_id"), table_name="message_file")
    op.drop_table("message_file")
    op.drop_table("file_upload")
    op.drop_index("ix_file_sender_size", table_name="file")
    op.drop_index("ix_file_expires", table_name="file")
    op.drop_index(op.f("ix_file_blob_id"), table_name="file")
    op.drop_table("file")
    op.drop_index("ix_blob_released", table_name="blob")
    op.drop_table("blob")
