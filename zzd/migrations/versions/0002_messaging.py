"""Messaging."""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0002_messaging"
down_revision = "0001_foundations"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
