"""officials out of office, found without reading everybody"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_durable"
down_revision = "0009_dings"
branch_labels = None
depends_on = None

OUT_OF_OFFICE = sa.text("status <> 'active'")


def upgrade() -> None:
    op.create_index(
        "ix_official_out_of_office",
        "official",
        ["id"],
        postgresql_where=OUT_OF_OFFICE,
        sqlite_where=OUT_OF_OFFICE,
    )


def downgrade() -> None:
    op.drop_index("ix_official_out_of_office", table_name="official")
