"""the ledger by level below the counties, and the course of each directive"""

import sqlalchemy as sa
from alembic import op

revision = "0037_course"
down_revision = "0036_post_order"

PLACE = "CASE WHEN length(path) <= 15 THEN path ELSE substr(path, 1, 15) || '.' || level END"
ALL_BELOW = "CASE WHEN length(path) <= 15 THEN path ELSE substr(path, 1, 15) || '.' END"
MARK = (
    "CASE WHEN delivered_at IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN acknowledged_at IS NULL THEN 0 ELSE 2 END"
    " + CASE WHEN reported_at IS NULL THEN 0 ELSE 4 END"
    " + CASE WHEN completed_at IS NULL THEN 0 ELSE 8 END"
    " + CASE WHEN stood_down_at IS NULL THEN 0 ELSE 16 END"
    " + CASE WHEN escalated_at IS NULL THEN 0 ELSE 32 END"
    " + CASE WHEN state = 'returned' THEN 64 ELSE 0 END"
)
NAMES = "directive_id, place, mark, due_at, key, risk, units, amount"
MOMENTS = ("issued_at", "acknowledged_at", "reported_at")
BOOKS = ("ledger_line", "ledger_balance")


def upgrade() -> None:
    open_books(op.get_bind())


def open_books(connection: sa.Connection) -> None:
    """How the units of all directives stand and came to it. Their figures stay as they are."""
    for table in BOOKS:
        connection.execute(sa.text(f"DELETE FROM {table} WHERE key = '' AND risk = ''"))  # noqa: S608
    _stand(connection, PLACE)
    for mark, name in enumerate(MOMENTS):
        connection.execute(
            sa.text(
                f"INSERT INTO ledger_balance ({NAMES})"  # noqa: S608
                f" SELECT directive_id, '@' || substr(path, 1, 10), {mark},"
                f" {_beginning(connection, name)}, '', '', count(*), 0 FROM assignment"
                f" WHERE state <> 'transferred' AND {name} IS NOT NULL GROUP BY 1, 2, 4"
            )
        )


def _stand(connection: sa.Connection, place: str) -> None:
    never = "'9999-01-01 00:00:00.000000'"
    if connection.dialect.name == "postgresql":
        never = "timestamptz '9999-01-01 00:00:00+00'"
    connection.execute(
        sa.text(
            f"INSERT INTO ledger_balance ({NAMES})"  # noqa: S608
            f" SELECT directive_id, {place}, {MARK}, coalesce(due_at, {never}), '', '', count(*), 0"
            " FROM assignment WHERE state <> 'transferred' GROUP BY 1, 2, 3, 4"
        )
    )


def _beginning(connection: sa.Connection, column: str) -> str:
    """Of the quarter of a minute in which a moment lies."""
    if connection.dialect.name == "postgresql":
        return f"to_timestamp(floor(extract(epoch FROM {column}) / 15) * 15)"
    seconds = f"CAST(strftime('%s', {column}) AS INTEGER) / 15 * 15"
    return f"strftime('%Y-%m-%d %H:%M:%S.000000', {seconds}, 'unixepoch')"


def downgrade() -> None:
    connection = op.get_bind()
    for table in BOOKS:
        connection.execute(sa.text(f"DELETE FROM {table} WHERE key = '' AND risk = ''"))  # noqa: S608
    _stand(connection, ALL_BELOW)
