"""calls of those who are late, situation reports, and a history that nobody changes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0019_picture"
down_revision = "0018_plans"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "late_call",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("ding_ids", zzd.db.Json, nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        *_sent_by(),
        sa.ForeignKeyConstraint(
            ["directive_id"], ["directive.id"], name=op.f("fk_late_call_directive_id_directive")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_call")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_late_call_sender_id_client_id")
        ),
    )
    op.create_index(
        "ix_late_call_directive_unit", "late_call", ["directive_id", "unit_id", "id"], unique=False
    )
    op.create_table(
        "bulletin",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("event_id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("content", zzd.db.Json, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        *_sent_by(),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_bulletin_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["directive_id"], ["directive.id"], name=op.f("fk_bulletin_directive_id_directive")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_bulletin_sender_id_client_id")),
        sa.UniqueConstraint(
            "event_id", "unit_id", "no", name=op.f("uq_bulletin_event_id_unit_id_no")
        ),
    )
    op.create_index(op.f("ix_bulletin_directive_id"), "bulletin", ["directive_id"], unique=False)
    _refuse_changes_of_the_history()


def _sent_by() -> list[sa.Column[object]]:
    return [
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
    ]


def _refuse_changes_of_the_history() -> None:
    """What reviews are made of is added to and never changed, as the audit log is."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'the history of assignments is append-only'; END$$"
        )
        op.execute(
            "CREATE TRIGGER assignment_move_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON assignment_move FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history()"
        )
        return
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER refuse_assignment_move_{act} BEFORE {act} ON assignment_move "
            "BEGIN SELECT RAISE(ABORT, 'the history of assignments is append-only'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER assignment_move_append_only ON assignment_move")
        op.execute("DROP FUNCTION refuse_change_of_history()")
    else:
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER refuse_assignment_move_{act}")
    op.drop_table("bulletin")
    op.drop_table("late_call")
