"""Mini-apps installed for parts of the organisation; what their servers sign in with

What was published keeps its audience for a data audience, and is on no workbench until an
administrator installs it. Codes and tokens lived for hours: they go, and are asked for again.
"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0021_installations"
down_revision = "0020_lifecycle"


def upgrade() -> None:
    op.create_table(
        "miniapp_signing_key",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("kid", sa.String(length=43), nullable=False),
        sa.Column("public", zzd.db.Json, nullable=False),
        sa.Column("sealed_private", sa.Text(), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("signs_from", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("retires_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("made_by", zzd.db.BigInt, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_signing_key")),
        sa.UniqueConstraint("kid", name=op.f("uq_miniapp_signing_key_kid")),
    )
    op.create_table(
        "miniapp_installation",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("audience_id", zzd.db.BigInt, nullable=False),
        sa.Column("scopes", zzd.db.Json, nullable=False),
        sa.Column("settings", zzd.db.Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("installer", zzd.db.Json, nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("changed_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("removed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("remover", zzd.db.Json, nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["audience_id"],
            ["audience.id"],
            name=op.f("fk_miniapp_installation_audience_id_audience"),
        ),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_miniapp_installation_miniapp_id_miniapp")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_miniapp_installation_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_installation")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_miniapp_installation_sender_id_client_id")
        ),
    )
    op.create_index(
        "ix_miniapp_installation_audience_id",
        "miniapp_installation",
        ["audience_id", "miniapp_id"],
        unique=False,
    )
    op.create_index(
        "ix_miniapp_installation_unit_id", "miniapp_installation", ["unit_id"], unique=False
    )
    op.create_index(
        "uq_miniapp_installation_live",
        "miniapp_installation",
        ["miniapp_id", "unit_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
        sqlite_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "miniapp_secret",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("retires_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_miniapp_secret_miniapp_id_miniapp")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_secret")),
    )
    op.create_index(
        op.f("ix_miniapp_secret_miniapp_id"), "miniapp_secret", ["miniapp_id"], unique=False
    )
    op.add_column(
        "miniapp", sa.Column("retired_at", zzd.db.Timestamp(timezone=True), nullable=True)
    )
    op.add_column("miniapp", sa.Column("retirer", zzd.db.Json, nullable=True))
    op.add_column("miniapp", sa.Column("retirement_reason", sa.String(length=500), nullable=True))
    op.execute(
        "INSERT INTO miniapp_secret (miniapp_id, digest, created_at)"
        " SELECT id, secret_digest, created_at FROM miniapp"
    )
    op.drop_column("miniapp", "secret_digest")
    op.add_column(
        "miniapp_version",
        sa.Column("optional_scopes", zzd.db.Json, server_default="[]", nullable=False),
    )
    op.add_column("miniapp_version", sa.Column("data_audience_id", zzd.db.BigInt, nullable=True))
    op.add_column("miniapp_version", sa.Column("rollout_percent", sa.Integer(), nullable=True))
    op.add_column("miniapp_version", sa.Column("rollout_audience_ids", zzd.db.Json, nullable=True))
    op.add_column(
        "miniapp_version",
        sa.Column("review_skipped", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        "uq_miniapp_version_rolling_out",
        "miniapp_version",
        ["miniapp_id"],
        unique=True,
        postgresql_where=sa.text("state = 'rolling_out'"),
        sqlite_where=sa.text("state = 'rolling_out'"),
    )
    op.execute("UPDATE miniapp_version SET data_audience_id = audience_id")
    _drop_codes_and_tokens()
    op.create_table(
        "miniapp_code",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("installation_id", zzd.db.BigInt, nullable=False),
        sa.Column("version_id", zzd.db.BigInt, nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("redirect_uri", sa.String(length=500), nullable=False),
        sa.Column("code_challenge", sa.String(length=43), nullable=False),
        sa.Column("scopes", zzd.db.Json, nullable=False),
        sa.Column("nonce", sa.String(length=500), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["miniapp_installation.id"],
            name=op.f("fk_miniapp_code_installation_id_miniapp_installation"),
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
        sa.Column("code_id", zzd.db.BigInt, nullable=True),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("installation_id", zzd.db.BigInt, nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=True),
        sa.Column("post_id", zzd.db.BigInt, nullable=True),
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
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["miniapp_installation.id"],
            name=op.f("fk_miniapp_token_installation_id_miniapp_installation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_miniapp_token_digest")),
    )
    op.create_index(op.f("ix_miniapp_token_code_id"), "miniapp_token", ["code_id"], unique=False)
    op.create_index(
        op.f("ix_miniapp_token_expires_at"), "miniapp_token", ["expires_at"], unique=False
    )

    op.create_table(
        "miniapp_refresh_token",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("code_id", zzd.db.BigInt, nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("expires_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("used_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("revoked_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["code_id"],
            ["miniapp_code.id"],
            name=op.f("fk_miniapp_refresh_token_code_id_miniapp_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_refresh_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_miniapp_refresh_token_digest")),
    )
    op.create_index(
        op.f("ix_miniapp_refresh_token_code_id"), "miniapp_refresh_token", ["code_id"], unique=False
    )
    op.create_index(
        op.f("ix_miniapp_refresh_token_expires_at"),
        "miniapp_refresh_token",
        ["expires_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("miniapp_refresh_token")
    _drop_codes_and_tokens()
    op.drop_index("uq_miniapp_version_rolling_out", table_name="miniapp_version")
    for column in (
        "review_skipped",
        "rollout_audience_ids",
        "rollout_percent",
        "data_audience_id",
        "optional_scopes",
    ):
        op.drop_column("miniapp_version", column)
    op.add_column(
        "miniapp",
        sa.Column("secret_digest", sa.String(length=64), nullable=False, server_default=""),
    )
    op.execute(
        "UPDATE miniapp SET secret_digest = (SELECT digest FROM miniapp_secret"
        " WHERE miniapp_id = miniapp.id AND retires_at IS NULL)"
    )
    for column in ("retirement_reason", "retirer", "retired_at"):
        op.drop_column("miniapp", column)
    op.drop_table("miniapp_secret")
    op.drop_table("miniapp_installation")
    op.drop_table("miniapp_signing_key")
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


def _drop_codes_and_tokens() -> None:
    op.drop_index(op.f("ix_miniapp_token_expires_at"), table_name="miniapp_token")
    op.drop_index(op.f("ix_miniapp_token_code_id"), table_name="miniapp_token")
    op.drop_table("miniapp_token")
    op.drop_index(op.f("ix_miniapp_code_expires_at"), table_name="miniapp_code")
    op.drop_table("miniapp_code")
