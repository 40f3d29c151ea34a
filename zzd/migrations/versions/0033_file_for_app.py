"""Which files apps may use until something carries them"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0033_file_for_app"
down_revision = "0032_consents"


def upgrade() -> None:
    op.create_table(
        "file_for_app",
        sa.Column("installation_id", zzd.db.BigInt, nullable=False),
        sa.Column("file_id", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["file.id"],
            name=op.f("fk_file_for_app_file_id_file"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("installation_id", "file_id", name=op.f("pk_file_for_app")),
    )
    op.create_index(op.f("ix_file_for_app_file_id"), "file_for_app", ["file_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_file_for_app_file_id"), table_name="file_for_app")
    op.drop_table("file_for_app")
