"""What officials make of their workbench, and how apps are used"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0027_desk"
down_revision = "0026_calls"


def upgrade() -> None:
    op.create_table(
        "miniapp_own",
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("favourite", sa.Integer(), nullable=True),
        sa.Column("badge", sa.Integer(), nullable=False),
        sa.Column("opened_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_miniapp_own_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_miniapp_own_miniapp_id_miniapp")
        ),
        sa.PrimaryKeyConstraint("account_id", "miniapp_id", name=op.f("pk_miniapp_own")),
    )
    op.create_table(
        "miniapp_placement",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("audience_id", zzd.db.BigInt, nullable=False),
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["audience_id"], ["audience.id"], name=op.f("fk_miniapp_placement_audience_id_audience")
        ),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_miniapp_placement_miniapp_id_miniapp")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_miniapp_placement_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_miniapp_placement")),
        sa.UniqueConstraint(
            "audience_id", "miniapp_id", name=op.f("uq_miniapp_placement_audience_id_miniapp_id")
        ),
    )
    op.create_index(
        op.f("ix_miniapp_placement_unit_id"), "miniapp_placement", ["unit_id"], unique=False
    )
    op.create_table(
        "miniapp_use",
        sa.Column("miniapp_id", zzd.db.BigInt, nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_path", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["miniapp_id"], ["miniapp.id"], name=op.f("fk_miniapp_use_miniapp_id_miniapp")
        ),
        sa.PrimaryKeyConstraint("miniapp_id", "account_id", "day", name=op.f("pk_miniapp_use")),
    )
    op.create_index(
        "ix_miniapp_use_day", "miniapp_use", ["miniapp_id", "day", "unit_path"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_miniapp_use_day", table_name="miniapp_use")
    op.drop_table("miniapp_use")
    op.drop_index(op.f("ix_miniapp_placement_unit_id"), table_name="miniapp_placement")
    op.drop_table("miniapp_placement")
    op.drop_table("miniapp_own")
