"""Miniapps."""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0004_miniapps"
down_revision = "0003_tasks"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
