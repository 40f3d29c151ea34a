"""Audit, outbox, organisation tree, identity"""

import sqlalchemy as sa
from alembic import op

import zzd.db

revision = "0001_foundations"
down_revision = None


LINES = (
    ("flood_control", "防汛"),
    ("emergency", "应急管理"),
    ("water", "水利"),
    ("public_security", "公安"),
    ("transport", "交通运输"),
    ("natural_resources", "自然资源"),
    ("agriculture", "农业农村"),
    ("housing", "住房建设"),
    ("civil_affairs", "民政"),
    ("health", "卫生健康"),
    ("education", "教育"),
    ("party_affairs", "党务"),
)
SEPARATED_AND_LIVE = (
    "role IN ('system_admin', 'security_admin', 'audit_admin') AND revoked_at IS NULL"
)


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column(
            "id",
            zzd.db.BigInt,
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=True),
        sa.Column("username", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("object_kind", sa.String(length=32), nullable=True),
        sa.Column("object_id", sa.String(length=64), nullable=True),
        sa.Column(
            "detail",
            zzd.db.Json,
            nullable=False,
        ),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", zzd.db.BigInt, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_index(op.f("ix_audit_entry_account_id"), "audit_entry", ["account_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"], unique=False)
    op.create_table(
        "line",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("order", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_line")),
    )
    op.create_table(
        "official",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column(
            "staff_no",
            zzd.db.byte_ordered(32),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official")),
        sa.UniqueConstraint("staff_no", name=op.f("uq_official_staff_no")),
    )
    op.create_table(
        "org_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rev", zzd.db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_state")),
    )
    op.create_table(
        "org_creation",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("object_id", zzd.db.BigInt, nullable=False),
        sa.Column("sender_id", zzd.db.BigInt, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_creation")),
        sa.UniqueConstraint(
            "sender_id", "client_id", name=op.f("uq_org_creation_sender_id_client_id")
        ),
    )
    op.create_table(
        "outbox",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("occurred_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column(
            "rooms",
            zzd.db.Json,
            nullable=False,
        ),
        sa.Column(
            "data",
            zzd.db.Json,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
    )
    op.create_table(
        "unit",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column(
            "code",
            zzd.db.byte_ordered(15),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("parent_id", zzd.db.BigInt, nullable=True),
        sa.Column(
            "path",
            zzd.db.byte_ordered(30),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("successor_id", zzd.db.BigInt, nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id_unit")),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["unit.id"], name=op.f("fk_unit_successor_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    op.create_index(op.f("ix_unit_code"), "unit", ["code"], unique=False)
    op.create_index("ix_unit_level_code", "unit", ["level", "code"], unique=False)
    op.create_index("ix_unit_level_path", "unit", ["level", "path", "status"], unique=False)
    op.create_index("ix_unit_parent", "unit", ["parent_id", "status", "code"], unique=False)
    op.create_index("ix_unit_path", "unit", ["path", "level", "status"], unique=False)
    op.create_index(
        "uq_unit_code_active",
        "unit",
        ["code"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
        sqlite_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "account",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column(
            "username",
            zzd.db.byte_ordered(64),
            nullable=False,
        ),
        sa.Column("password_hash", sa.String(length=128), nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("created_by", zzd.db.BigInt, nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("fingerprint", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_account_official_id_official")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint(
            "created_by", "client_id", name=op.f("uq_account_created_by_client_id")
        ),
        sa.UniqueConstraint("official_id", name=op.f("uq_account_official_id")),
        sa.UniqueConstraint("username", name=op.f("uq_account_username")),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("name_digest", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("since", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("locked_until", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name_digest", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(op.f("ix_sign_in_failure_since"), "sign_in_failure", ["since"], unique=False)
    op.create_table(
        "audience",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("levels", sa.SmallInteger(), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_audience_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audience")),
        sa.UniqueConstraint(
            "unit_id", "levels", "line", "role", name=op.f("uq_audience_unit_id_levels_line_role")
        ),
    )
    op.create_table(
        "official_term",
        sa.Column(
            "term",
            zzd.db.byte_ordered(50),
            nullable=False,
        ),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_official_term_official_id_official")
        ),
        sa.PrimaryKeyConstraint("term", "official_id", name=op.f("pk_official_term")),
    )
    op.create_index(
        "ix_official_term_official", "official_term", ["official_id", "term"], unique=False
    )
    op.create_table(
        "post",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("official_id", zzd.db.BigInt, nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("line_code", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=50), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("order", sa.SmallInteger(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("ended_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["line_code"], ["line.code"], name=op.f("fk_post_line_code_line")),
        sa.ForeignKeyConstraint(
            ["official_id"], ["official.id"], name=op.f("fk_post_official_id_official")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_post_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
    )
    op.create_index(op.f("ix_post_official_id"), "post", ["official_id"], unique=False)
    op.create_index("ix_post_unit", "post", ["unit_id", "order"], unique=False)
    op.create_index(
        "uq_post_primary",
        "post",
        ["official_id"],
        unique=True,
        postgresql_where=sa.text("is_primary AND ended_at IS NULL"),
        sqlite_where=sa.text("is_primary AND ended_at IS NULL"),
    )
    op.create_table(
        "unit_term",
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column(
            "term",
            zzd.db.byte_ordered(100),
            nullable=False,
        ),
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_term_unit_id_unit")),
        sa.PrimaryKeyConstraint("level", "term", "unit_id", name=op.f("pk_unit_term")),
    )
    op.create_index("ix_unit_term_unit", "unit_term", ["unit_id", "term"], unique=False)
    op.create_table(
        "unit_version",
        sa.Column("unit_id", zzd.db.BigInt, nullable=False),
        sa.Column("rev_from", zzd.db.BigInt, nullable=False),
        sa.Column("rev_to", zzd.db.BigInt, nullable=True),
        sa.Column("parent_id", zzd.db.BigInt, nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column(
            "code",
            zzd.db.byte_ordered(15),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "path",
            zzd.db.byte_ordered(30),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_unit_version_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("unit_id", "rev_from", name=op.f("pk_unit_version")),
    )
    op.create_index(op.f("ix_unit_version_path"), "unit_version", ["path"], unique=False)
    op.create_table(
        "account_grant",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("unit_id", zzd.db.BigInt, nullable=True),
        sa.Column("levels", sa.SmallInteger(), nullable=False),
        sa.Column("line", sa.String(length=32), nullable=True),
        sa.Column("duty", sa.String(length=16), nullable=True),
        sa.Column("granted_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("revoked_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.Column("granted_by", zzd.db.BigInt, nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("fingerprint", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_grant_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_account_grant_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_grant")),
        sa.UniqueConstraint(
            "granted_by", "client_id", name=op.f("uq_account_grant_granted_by_client_id")
        ),
    )
    op.create_index(
        op.f("ix_account_grant_account_id"), "account_grant", ["account_id"], unique=False
    )
    op.create_index(
        "uq_account_grant_separated",
        "account_grant",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text(SEPARATED_AND_LIVE),
        sqlite_where=sa.text(SEPARATED_AND_LIVE),
    )
    op.create_table(
        "login_session",
        sa.Column("id", zzd.db.BigInt, nullable=False),
        sa.Column("account_id", zzd.db.BigInt, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=100), nullable=False),
        sa.Column("post_id", zzd.db.BigInt, nullable=True),
        sa.Column("created_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("expires_at", zzd.db.Timestamp(timezone=True), nullable=False),
        sa.Column("revoked_at", zzd.db.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_session_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_login_session_post_id_post")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_login_session_token_digest")),
    )
    op.create_index(
        op.f("ix_login_session_account_id"), "login_session", ["account_id"], unique=False
    )
    op.create_index(
        "ix_login_session_live",
        "login_session",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NULL"),
        sqlite_where=sa.text("revoked_at IS NULL"),
    )
    op.bulk_insert(
        sa.table("audit_head", sa.column("id"), sa.column("entry_id"), sa.column("hash")),
        [{"id": 1, "entry_id": 0, "hash": "0" * 64}],
    )
    op.execute("INSERT INTO org_state (id, rev) VALUES (1, 0)")
    op.bulk_insert(
        sa.table("line", sa.column("code"), sa.column("name"), sa.column("order")),
        [
            {"code": code, "name": name, "order": order}
            for order, (code, name) in enumerate(LINES, start=1)
        ],
    )
    _refuse_changes_of_the_audit_log()


def _refuse_changes_of_the_audit_log() -> None:
    """Append-only is the database's rule, not only the program's: entries stand as they are,
    and the head only moves forward."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'the audit log is append-only'; END$$"
        )
        for table, acts in (
            ("audit_entry", "UPDATE OR DELETE OR TRUNCATE"),
            ("audit_head", "INSERT OR DELETE OR TRUNCATE"),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE {acts} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        op.execute(
            "CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head FOR EACH ROW "
            "WHEN (NEW.id <> OLD.id OR NEW.entry_id <= OLD.entry_id) "
            "EXECUTE FUNCTION refuse_change()"
        )
        return
    for name, act in (
        ("audit_entry_update", "UPDATE ON audit_entry"),
        ("audit_entry_delete", "DELETE ON audit_entry"),
        ("audit_head_insert", "INSERT ON audit_head"),
        ("audit_head_delete", "DELETE ON audit_head"),
        (
            "audit_head_update",
            "UPDATE ON audit_head WHEN NEW.id <> OLD.id OR NEW.entry_id <= OLD.entry_id",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER refuse_{name} BEFORE {act} "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )


def downgrade() -> None:
    """Nothing comes before the first structure: drop the database instead."""
    raise RuntimeError("the first migration has no way back")
