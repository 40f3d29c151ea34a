"""kinds, parts, casualties, places and files of reports; which figures stand"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0024_reports"
down_revision = "0023_webhooks"
branch_labels = None
depends_on = None

MOMENT = zzd.db.Timestamp(timezone=True)
CASUALTIES = ("dead", "missing", "injured")


def upgrade() -> None:
    for name in CASUALTIES:
        op.add_column("assignment", sa.Column(name, sa.Integer(), nullable=True))
        op.add_column("report", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("assignment", sa.Column("final_at", MOMENT, nullable=True))
    op.add_column("assignment", sa.Column("correction_at", MOMENT, nullable=True))
    op.add_column("report", sa.Column("skew_seconds", zzd.db.BigInt, nullable=True))
    op.add_column("report", sa.Column("corrects", sa.Integer(), nullable=True))
    op.add_column("report", sa.Column("explanation", sa.Text(), nullable=True))
    op.add_column("report", sa.Column("asked", zzd.db.Json, nullable=True))
    op.add_column("report", sa.Column("position", zzd.db.Json, nullable=True))
    with op.batch_alter_table("report") as report:
        report.add_column(
            sa.Column("kind", sa.String(length=10), nullable=False, server_default="follow_up")
        )
    op.execute("UPDATE report SET kind = 'first' WHERE no = 1")
    with op.batch_alter_table("report") as report:
        report.alter_column("kind", server_default=None)
    op.create_table(
        "report_part",
        sa.Column("report_id", zzd.db.BigInt, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("risk", sa.String(length=32), nullable=False),
        sa.Column("value", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_part_report_id_report")
        ),
        sa.PrimaryKeyConstraint("report_id", "key", "risk", name=op.f("pk_report_part")),
    )
    op.create_table(
        "report_file",
        sa.Column("report_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("file_id", zzd.db.BigInt, nullable=False),
        sa.Column("content", zzd.db.Json, nullable=False),
        sa.Column("is_photo", sa.Boolean(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.Column("position", zzd.db.Json, nullable=True),
        sa.Column("path", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("issuer_unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("reach", sa.SmallInteger(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_report_file_file_id_file")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_file_report_id_report")
        ),
        sa.PrimaryKeyConstraint("report_id", "no", name=op.f("pk_report_file")),
    )
    op.create_index("ix_report_file_file_id", "report_file", ["file_id"])
    op.create_table(
        "standing_figure",
        sa.Column("directive_id", zzd.db.BigInt, nullable=False),
        sa.Column("path", zzd.db.byte_ordered(30), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("risk", sa.String(length=32), nullable=False),
        sa.Column("value", zzd.db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint(
            "directive_id",
            "path",
            "key",
            "risk",
            name=op.f("pk_standing_figure"),
            postgresql_include=["value"],
        ),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO standing_figure (directive_id, path, key, risk, value)"
        " SELECT directive_id, path, key, '', value FROM assignment"
        " JOIN report_figure ON report_id = latest_report_id"
    )
    op.create_table(
        "correction",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("assignment_id", zzd.db.BigInt, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=False),
        sa.Column("official_name", sa.String(length=50), nullable=False),
        sa.Column("post_title", sa.String(length=50), nullable=False),
        sa.Column("unit_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_correction_assignment_id_assignment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_correction_sender_id_client_id")
        ),
    )
    op.create_index("ix_correction_assignment_id", "correction", ["assignment_id"])


def downgrade() -> None:
    for table in ("correction", "standing_figure", "report_file", "report_part"):
        op.drop_table(table)
    for name in ("kind", "position", "asked", "explanation", "corrects", "skew_seconds"):
        op.drop_column("report", name)
    for name in ("correction_at", "final_at"):
        op.drop_column("assignment", name)
    for name in CASUALTIES:
        op.drop_column("report", name)
        op.drop_column("assignment", name)
