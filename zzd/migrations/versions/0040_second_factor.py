"""second factors of accounts, and their recovery codes"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0040_second_factor"
down_revision = "0039_shown_passwords"


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("secret", sa.String(length=128), nullable=True),
        sa.Column("since", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("last_step", zzd.db.BigInt, nullable=True),
        sa.Column("offered", sa.String(length=128), nullable=True),
        sa.Column("offered_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("taken_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint(
            "account_id", "digest", name=op.f("uq_recovery_code_account_id_digest")
        ),
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
