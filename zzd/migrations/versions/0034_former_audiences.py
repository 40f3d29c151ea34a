"""What installations could know of before they were given another part"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0034_former_audiences"
down_revision = "0033_file_for_app"


def upgrade() -> None:
    op.add_column(
        "miniapp_installation",
        sa.Column("former_audiences", zzd.db.Json, server_default="[]", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("miniapp_installation", "former_audiences")
