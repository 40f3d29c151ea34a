"""units and the posts that are held, counted from their indexes alone; tallies that are kept"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0013_counts"
down_revision = "0012_records"
branch_labels = None
depends_on = None

HELD = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_post_held",
        "post",
        ["unit_id", "official_id", "is_primary", "line_code", "role"],
        postgresql_where=HELD,
        sqlite_where=HELD,
    )
    _index_paths(postgresql_include=["id"])
    op.create_table(
        "tally",
        sa.Column("subject", zzd.db.byte_ordered(40), nullable=False),
        sa.Column("rev", zzd.db.BigInt, nullable=False),
        sa.Column("counted_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("total", zzd.db.Json, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_tally")),
    )
    op.create_table(
        "tally_part",
        sa.Column("subject", zzd.db.byte_ordered(40), nullable=False),
        sa.Column("path", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("longest", sa.SmallInteger(), nullable=False),
        sa.Column("own", zzd.db.Json, nullable=False),
        sa.Column("below", zzd.db.Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["subject"], ["tally.subject"], name=op.f("fk_tally_part_subject_tally")
        ),
        sa.PrimaryKeyConstraint("subject", "path", name=op.f("pk_tally_part")),
    )


def downgrade() -> None:
    op.drop_table("tally_part")
    op.drop_table("tally")
    _index_paths()
    op.drop_index("ix_post_held", table_name="post")


def _index_paths(postgresql_include: list[str] | None = None) -> None:
    op.drop_index("ix_unit_path", table_name="unit")
    op.create_index(
        "ix_unit_path",
        "unit",
        ["path", "level", "status"],
        postgresql_include=postgresql_include or [],
    )
