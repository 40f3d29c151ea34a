"""an index of the reports that say that people are being rescued"""

import sqlalchemy as sa
from alembic import op

revision = "0038_rescues"
down_revision = "0037_course"


def upgrade() -> None:
    op.create_index(
        "ix_report_rescue",
        "report",
        ["assignment_id"],
        postgresql_where=sa.text("rescue_open IS true"),
        sqlite_where=sa.text("rescue_open IS 1"),
    )


def downgrade() -> None:
    op.drop_index("ix_report_rescue", table_name="report")
