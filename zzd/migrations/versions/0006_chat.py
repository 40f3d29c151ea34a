"""Mentions, edits, reactions, pins, favourites, forwards, drafts, the life of groups"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0006_chat"
down_revision = "0005_message_kinds"


def upgrade() -> None:
    op.create_table(
        "forward_record",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("items", zzd.db.Json, nullable=False),
        sa.Column("includes", zzd.db.Json, nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forward_record")),
    )
    op.create_table(
        "notification_setting",
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_to", sa.Integer(), nullable=False),
        sa.Column("sound", sa.Boolean(), nullable=False),
        sa.Column("preview", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["official_id"],
            ["official.id"],
            name=op.f("fk_notification_setting_official_id_official"),
        ),
        sa.PrimaryKeyConstraint("official_id", name=op.f("pk_notification_setting")),
    )
    op.create_table(
        "favourite",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("saved_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_favourite_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourite")),
        sa.UniqueConstraint(
            "official_id",
            "conversation_id",
            "seq",
            name=op.f("uq_favourite_official_id_conversation_id_seq"),
        ),
    )
    op.create_index("ix_favourite_newest", "favourite", ["official_id", "id"], unique=False)
    op.create_table(
        "group_notice",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_id", zzd.db.BigInt, nullable=False),
        sa.Column("by_name", sa.String(length=50), nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_group_notice_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_notice")),
    )
    op.create_index(
        "ix_group_notice_newest", "group_notice", ["conversation_id", "id"], unique=False
    )
    op.create_table(
        "join_request",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("decided_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("decided_by_id", zzd.db.BigInt, nullable=True),
        sa.Column("decided_by_name", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_join_request_conversation_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_join_request_official_id_official")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_request")),
    )
    op.create_index(
        "ix_join_request_state", "join_request", ["conversation_id", "state", "id"], unique=False
    )
    op.create_index(
        "uq_join_request_open",
        "join_request",
        ["conversation_id", "official_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "mention",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=True),
        sa.Column("unit_id", zzd.db.BigInt, nullable=True),
        sa.Column("levels", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_mention_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
    )
    op.create_index(
        "ix_mention_many",
        "mention",
        ["conversation_id", "seq"],
        unique=False,
        postgresql_where=sa.text("official_id IS NULL"),
        sqlite_where=sa.text("official_id IS NULL"),
    )
    op.create_index(
        "ix_mention_official", "mention", ["official_id", "conversation_id", "seq"], unique=False
    )
    op.create_table(
        "pin",
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("pinned_by_id", zzd.db.BigInt, nullable=False),
        sa.Column("pinned_by_name", sa.String(length=50), nullable=False),
        sa.Column("pinned_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_pin_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_pin")),
    )
    op.create_table(
        "reaction",
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_reaction_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint(
            "conversation_id", "seq", "official_id", "key", name=op.f("pk_reaction")
        ),
    )
    op.create_index(
        "ix_reaction_order",
        "reaction",
        ["conversation_id", "seq", "at", "official_id"],
        unique=False,
    )
    op.create_table(
        "reaction_count",
        sa.Column("conversation_id", zzd.db.BigInt, nullable=False),
        sa.Column("seq", zzd.db.BigInt, nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_reaction_count_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", "key", name=op.f("pk_reaction_count")),
    )
    op.create_table(
        "message_version",
        sa.Column("message_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_version_message_id_message")
        ),
        sa.PrimaryKeyConstraint("message_id", "no", name=op.f("pk_message_version")),
    )
    op.add_column("conversation", sa.Column("welcome", sa.String(length=500), nullable=True))
    op.add_column("conversation", sa.Column("join_code", zzd.db.byte_ordered(32), nullable=True))
    op.add_column(
        "conversation", sa.Column("dissolved_at", zzd.db.Timestamp(timezone=True), nullable=True)
    )
    op.create_index("ix_conversation_join_code", "conversation", ["join_code"], unique=True)
    op.add_column("message", sa.Column("mentions", zzd.db.Json, nullable=True))
    op.add_column("message", sa.Column("edited_at", zzd.db.Timestamp(timezone=True), nullable=True))
    op.add_column("message", sa.Column("recalled_by_id", zzd.db.BigInt, nullable=True))
    op.add_column("message", sa.Column("recalled_by_name", sa.String(length=50), nullable=True))
    op.add_column(
        "participation", sa.Column("pinned_at", zzd.db.Timestamp(timezone=True), nullable=True)
    )
    op.add_column(
        "participation", sa.Column("muted", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "participation",
        sa.Column("marked_unread", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("participation", sa.Column("draft", zzd.db.Json, nullable=True))


def downgrade() -> None:
    op.drop_column("participation", "draft")
    op.drop_column("participation", "marked_unread")
    op.drop_column("participation", "muted")
    op.drop_column("participation", "pinned_at")
    op.drop_column("message", "recalled_by_name")
    op.drop_column("message", "recalled_by_id")
    op.drop_column("message", "edited_at")
    op.drop_column("message", "mentions")
    op.drop_index("ix_conversation_join_code", table_name="conversation")
    op.drop_column("conversation", "dissolved_at")
    op.drop_column("conversation", "join_code")
    op.drop_column("conversation", "welcome")
    op.drop_table("message_version")
    op.drop_table("reaction_count")
    op.drop_index("ix_reaction_order", table_name="reaction")
    op.drop_table("reaction")
    op.drop_table("pin")
    op.drop_index("ix_mention_official", table_name="mention")
    op.drop_index(
        "ix_mention_many",
        table_name="mention",
        postgresql_where=sa.text("official_id IS NULL"),
        sqlite_where=sa.text("official_id IS NULL"),
    )
    op.drop_table("mention")
    op.drop_index(
        "uq_join_request_open",
        table_name="join_request",
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.drop_index("ix_join_request_state", table_name="join_request")
    op.drop_table("join_request")
    op.drop_index("ix_group_notice_newest", table_name="group_notice")
    op.drop_table("group_notice")
    op.drop_index("ix_favourite_newest", table_name="favourite")
    op.drop_table("favourite")
    op.drop_table("notification_setting")
    op.drop_table("forward_record")
