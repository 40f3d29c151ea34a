"""Since when scopes hold that were consented to after an app was installed"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0032_consents"
down_revision = "0031_history"


def upgrade() -> None:
    op.add_column(
        "miniapp_installation",
        sa.Column("consents", zzd.db.Json, server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("miniapp_installation", "consents")
