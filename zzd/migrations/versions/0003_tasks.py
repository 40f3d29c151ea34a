"""Events, directives, assignments, cascades and reports"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0003_tasks"
down_revision = "0002_messaging"


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("closed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_event_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_event_sender_id_client_id")),
    )
    op.create_index(op.f("ix_event_unit_id"), "event", ["unit_id"], unique=False)
    op.create_table(
        "directive",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("event_id", zzd.db.BigInt, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("urgency", sa.String(length=10), nullable=False),
        sa.Column("ack_deadline", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("report_deadline", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("figures", zzd.db.Json, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("rev", zzd.db.BigInt, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("issued_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_directive_event_id_event")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_directive_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directive")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_directive_sender_id_client_id")
        ),
    )
    op.create_index(op.f("ix_directive_event_id"), "directive", ["event_id"], unique=False)
    op.create_index("ix_directive_unit", "directive", ["unit_id", "id"], unique=False)
    op.create_table(
        "event_level",
        sa.Column("event_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_level_event_id_event")
        ),
        sa.PrimaryKeyConstraint("event_id", "no", name=op.f("pk_event_level")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_event_level_sender_id_client_id")
        ),
    )
    op.create_table(
        "assignment",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("path", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("cascade_id", zzd.db.BigInt, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("ack_deadline", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("report_deadline", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("due_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("issued_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("delivered_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("read_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("acknowledged_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("reported_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("completed_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("latest_report_id", zzd.db.BigInt, nullable=True),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint(
            "directive_id", "unit_id", name=op.f("uq_assignment_directive_id_unit_id")
        ),
    )
    op.create_index(
        "ix_assignment_directive_path", "assignment", ["directive_id", "path"], unique=False
    )
    op.create_index(
        "ix_assignment_unit", "assignment", ["unit_id", "completed_at", "due_at"], unique=False
    )
    op.create_table(
        "assignment_move",
        sa.Column("assignment_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("move", sa.String(length=12), nullable=False),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("session_id", zzd.db.BigInt, nullable=True),
        sa.Column("detail", zzd.db.Json, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_assignment_move_assignment_id_assignment"),
        ),
        sa.PrimaryKeyConstraint("assignment_id", "no", name=op.f("pk_assignment_move")),
    )
    op.create_table(
        "cascade",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("assignment_id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("path", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("levels", sa.SmallInteger(), nullable=False),
        sa.Column("unit_ids", zzd.db.Json, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("ack_deadline", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("report_deadline", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("noted", sa.Integer(), nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_cascade_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["directive_id"], ["directive.id"], name=op.f("fk_cascade_directive_id_directive")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cascade")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_cascade_sender_id_client_id")),
    )
    op.create_index(
        "ix_cascade_directive_unit", "cascade", ["directive_id", "unit_id"], unique=False
    )
    op.create_table(
        "report",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("assignment_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("device_time", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_report_assignment_id_assignment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("assignment_id", "no", name=op.f("uq_report_assignment_id_no")),
        sa.UniqueConstraint("sender_id", "client_id", name=op.f("uq_report_sender_id_client_id")),
    )
    op.create_table(
        "directive_audience",
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("audience_id", zzd.db.BigInt, nullable=False),
        sa.Column("cascade_id", zzd.db.BigInt, nullable=True),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("path", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("levels", sa.SmallInteger(), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["audience_id"],
            ["audience.id"],
            name=op.f("fk_directive_audience_audience_id_audience"),
        ),
        sa.ForeignKeyConstraint(
            ["cascade_id"], ["cascade.id"], name=op.f("fk_directive_audience_cascade_id_cascade")
        ),
        sa.ForeignKeyConstraint(
            ["directive_id"],
            ["directive.id"],
            name=op.f("fk_directive_audience_directive_id_directive"),
        ),
        sa.PrimaryKeyConstraint("directive_id", "audience_id", name=op.f("pk_directive_audience")),
    )
    op.create_table(
        "report_figure",
        sa.Column("report_id", zzd.db.BigInt, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("value", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_figure_report_id_report")
        ),
        sa.PrimaryKeyConstraint("report_id", "key", name=op.f("pk_report_figure")),
    )


def downgrade() -> None:
    op.drop_table("report_figure")
    op.drop_table("directive_audience")
    op.drop_table("report")
    op.drop_table("cascade")
    op.drop_table("assignment_move")
    op.drop_table("assignment")
    op.drop_table("event_level")
    op.drop_table("directive")
    op.drop_table("event")
