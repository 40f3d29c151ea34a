"""What directives, reports and escalation leave behind is never changed either"""

from __future__ import annotations

from alembic import op

revision = "0031_history"
down_revision = "0030_silences"
branch_labels = None
depends_on = None

# Written once. Whoever makes one of these tables anew on SQLite makes its triggers anew as well.
TABLES = (
    *("event_level", "directive_end", "transfer", "report", "report_figure", "report_part"),
    *("correction", "late_call", "bulletin"),
)
# Of a step only when it was over is written later, once.
STEP = (
    *("id", "assignment_id", "no", "kind", "deadline", "step", "due_at", "fired_at"),
    *("told_unit_id", "told_role", "told", "vacant", "published", "urge_id"),
)
OVER_ALREADY = "OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL"
REFUSE = "BEGIN SELECT RAISE(ABORT, 'the history of directives is append-only'); END"


def upgrade() -> None:
    columns = ", ".join(STEP)
    if op.get_bind().dialect.name == "postgresql":
        refuse = "EXECUTE FUNCTION refuse_change_of_history()"
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
                f"ON {table} FOR EACH STATEMENT {refuse}"
            )
        op.execute(
            "CREATE TRIGGER escalation_step_append_only BEFORE UPDATE OF "
            f"{columns} OR DELETE OR TRUNCATE ON escalation_step FOR EACH STATEMENT {refuse}"
        )
        op.execute(
            "CREATE TRIGGER escalation_step_over_once BEFORE UPDATE ON escalation_step "
            f"FOR EACH ROW WHEN ({OVER_ALREADY}) {refuse}"
        )
        return
    for table in TABLES:
        for act in ("update", "delete"):
            op.execute(f"CREATE TRIGGER refuse_{table}_{act} BEFORE {act} ON {table} {REFUSE}")
    step = "ON escalation_step"
    op.execute(
        f"CREATE TRIGGER refuse_escalation_step_update BEFORE UPDATE OF {columns} {step} {REFUSE}"
    )
    op.execute(f"CREATE TRIGGER refuse_escalation_step_delete BEFORE DELETE {step} {REFUSE}")
    op.execute(
        f"CREATE TRIGGER refuse_escalation_step_again BEFORE UPDATE {step} "
        f"WHEN {OVER_ALREADY} {REFUSE}"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in (*TABLES, "escalation_step"):
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute("DROP TRIGGER escalation_step_over_once ON escalation_step")
        return
    for table in (*TABLES, "escalation_step"):
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER refuse_{table}_{act}")
    op.execute("DROP TRIGGER refuse_escalation_step_again")
