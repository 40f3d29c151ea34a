"""Tasks."""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0003_tasks"
down_revision = "0002_messaging"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
