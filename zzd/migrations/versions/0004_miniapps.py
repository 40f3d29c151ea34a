"""Mini-apps, their versions, launch codes and tokens"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0004_miniapps"
down_revision = "0003_tasks"


def upgrade() -> None:
    op.create_table(
        "miniapp",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("app_id", zzd.db.byte_ordered(120), nullable=False),
        sa.Column("developer_id", zzd.db.BigInt, nullable=False),
        sa.Column("oauth_client_id", zzd.db.byte_ordered(40), nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("suspended_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("suspender", zzd.db.Json, nullable=True),
        sa.Column("suspension_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["developer_id"], ["account.id"], name=op.f("fk_miniapp_developer_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp")),
        sa.UniqueConstraint("app_id", name=op.f("uq_miniapp_app_id")),
        sa.UniqueConstraint("oauth_client_id", name=op.f("uq_miniapp_oauth_client_id")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_miniapp_sender_id_client_id")),
    )
    op.create_index(op.f("ix_miniapp_developer_id"), "miniapp", ["developer_id"], unique=False)
    op.create_table(
        "miniapp_version",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("manifest", zzd.db.Json, nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("entry_origin", zzd.db.byte_ordered(300), nullable=False),
        sa.Column("scopes", zzd.db.Json, nullable=False),
        sa.Column("audience_id", zzd.db.BigInt, nullable=True),
        sa.Column("created_by", zzd.db.BigInt, nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("submitted_by", zzd.db.BigInt, nullable=True),
        sa.Column("submitter", zzd.db.Json, nullable=True),
        sa.Column("submitted_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("reviewed_by", zzd.db.BigInt, nullable=True),
        sa.Column("reviewer", zzd.db.Json, nullable=True),
        sa.Column("reviewed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("published_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["audience_id"], ["audience.id"], name=op.f("fk_miniapp_version_audience_id_audience")
        ),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_miniapp_version_miniapp_id_miniapp")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_version")),
        sa.UniqueConstraint(
            "miniapp_id", "number", name=op.f("uq_miniapp_version_miniapp_id_number")
        ),
    )
    op.create_index(
        op.f("ix_miniapp_version_audience_id"), "miniapp_version", ["audience_id"], unique=False
    )
    op.create_index(
        "uq_miniapp_version_published",
        "miniapp_version",
        ["miniapp_id"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
        sqlite_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "miniapp_code",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("version_id", zzd.db.BigInt, nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("redirect_uri", sa.String(length=500), nullable=False),
        sa.Column("code_challenge", sa.String(length=43), nullable=False),
        sa.Column("scopes", zzd.db.Json, nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("expires_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("used_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_miniapp_code_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_miniapp_code_miniapp_id_miniapp")
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_miniapp_code_post_id_post")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["miniapp_version.id"],
            name=op.f("fk_miniapp_code_version_id_miniapp_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_miniapp_code_digest")),
    )
    op.create_index(
        op.f("ix_miniapp_code_expires_at"), "miniapp_code", ["expires_at"], unique=False
    )
    op.create_table(
        "miniapp_token",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("code_id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("scopes", zzd.db.Json, nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("expires_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("revoked_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_miniapp_token_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["code_id"], ["miniapp_code.id"], name=op.f("fk_miniapp_token_code_id_miniapp_code")
        ),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_miniapp_token_miniapp_id_miniapp")
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_miniapp_token_post_id_post")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_miniapp_token_digest")),
    )
    op.create_index(op.f("ix_miniapp_token_code_id"), "miniapp_token", ["code_id"], unique=False)
    op.create_index(
        op.f("ix_miniapp_token_expires_at"), "miniapp_token", ["expires_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_miniapp_token_expires_at"), table_name="miniapp_token")
    op.drop_index(op.f("ix_miniapp_token_code_id"), table_name="miniapp_token")
    op.drop_table("miniapp_token")
    op.drop_index(op.f("ix_miniapp_code_expires_at"), table_name="miniapp_code")
    op.drop_table("miniapp_code")
    op.drop_index(
        "uq_miniapp_version_published",
        table_name="miniapp_version",
        postgresql_where=sa.text("state = 'published'"),
        sqlite_where=sa.text("state = 'published'"),
    )
    op.drop_index(op.f("ix_miniapp_version_audience_id"), table_name="miniapp_version")
    op.drop_table("miniapp_version")
    op.drop_index(op.f("ix_miniapp_developer_id"), table_name="miniapp")
    op.drop_table("miniapp")
