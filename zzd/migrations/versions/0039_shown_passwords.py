"""whether somebody else was shown an account's password"""

import sqlalchemy as sa
from alembic import op

revision = "0039_shown_passwords"
down_revision = "0038_rescues"


def upgrade() -> None:
    op.add_column(
        "account",
        sa.Column("password_shown", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    # Nobody knows of these whether their holders chose another one meanwhile.
    op.execute("UPDATE account SET password_shown = true WHERE created_by IS NOT NULL")


def downgrade() -> None:
    op.drop_column("account", "password_shown")
