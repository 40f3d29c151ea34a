"""posts of a unit in their whole order, so that the first ones are read without the others"""

from alembic import op

revision = "0036_post_order"
down_revision = "0035_command_calls"


def upgrade() -> None:
    op.drop_index("ix_post_unit", table_name="post")
    op.create_index("ix_post_unit", "post", ["unit_id", "order", "id"])


def downgrade() -> None:
    op.drop_index("ix_post_unit", table_name="post")
    op.create_index("ix_post_unit", "post", ["unit_id", "order"])
