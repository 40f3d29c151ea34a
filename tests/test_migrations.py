"""The structure in the database is the one that the models describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text

from tests.databases import blank_database, settings_for
from zzd import create_app, migrate, models
from zzd.db import Base, database


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(migrate.SCRIPTS))


def test_migrations_form_one_chain() -> None:
    chain = list(scripts().walk_revisions())
    assert len(scripts().get_heads()) == 1
    assert len(scripts().get_bases()) == 1
    assert chain[0].revision == migrate.head_revision()
    followed = [revision.down_revision for revision in chain]
    assert followed == [revision.revision for revision in chain[1:]] + [None]


def test_migrations_are_numbered_in_their_order() -> None:
    names = [revision.revision for revision in reversed(list(scripts().walk_revisions()))]
    assert names == sorted(names)
    assert [int(name.split("_")[0]) for name in names] == list(range(1, len(names) + 1))
    files = sorted(path.stem for path in (migrate.SCRIPTS / "versions").glob("*.py"))
    assert files == names


def test_models_and_migrations_agree(app: Flask) -> None:
    """An upgrade from empty made this database."""
    assert models
    with database().engine.connect() as connection:
        opts = {"compare_type": True, "include_name": migrate.is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        differences = compare_metadata(context, Base.metadata)
    assert differences == []


def test_every_table_and_unique_index_of_the_models_exists(app: Flask) -> None:
    """What the comparison does not look at: conditions of partial indexes."""
    inspector: Any = inspect(database().engine)
    for table in Base.metadata.sorted_tables:
        partial = {
            str(index.name)
            for index in table.indexes
            if index.dialect_options[database().engine.dialect.name].get("where") is not None
        }
        found = {
            index["name"]
            for index in inspector.get_indexes(table.name)
            if index["dialect_options"].get(f"{database().engine.dialect.name}_where") is not None
        }
        assert found == partial, table.name


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(app: Flask) -> None:
    migrate.upgrade(database().engine)
    with database().engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == (
            migrate.head_revision()
        )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_upgrade_keeps_what_a_database_in_use_holds(kind: str, tmp_path: Path) -> None:
    """Tables that others refer to are changed with rows in them."""
    with (
        blank_database(kind, tmp_path, to="0016_announcements") as url,
        create_app(settings_for(url)).app_context(),
    ):
        engine = database().engine
        with engine.begin() as connection:
            for statement in IN_USE:
                connection.execute(text(statement))
        migrate.upgrade(engine)
        with engine.connect() as connection:
            reports = connection.execute(text("SELECT no, kind FROM report ORDER BY no")).all()
            standing = connection.execute(text("SELECT key, value FROM standing_figure")).all()
        engine.dispose()
    assert [tuple(row) for row in reports] == [(1, "first"), (2, "follow_up")]
    assert [tuple(row) for row in standing] == [("moved", 126)]


AT = "'2019-08-09 13:30:00+00:00'"
BY = "815, 20, '陈石塘', '值班员', '石塘镇'"
COLUMNS_BY = "official_id, post_id, official_name, post_title, unit_name"
IN_USE = (
    (
        "INSERT INTO unit (id, code, name, level, path, status)"
        " VALUES (1, '33', '浙江省', 1, '00001', 'active')"
    ),
    (
        "INSERT INTO event (id, unit_id, name, kind, mode, status, created_at, sender_id, client_id,"
        f" fingerprint) VALUES (1, 1, '利奇马', 'typhoon', 'actual', 'open', {AT}, 815, 'a', 'f')"
    ),
    (
        "INSERT INTO directive (id, event_id, title, text, urgency, ack_deadline, figures, unit_id, rev,"
        f" units, status, issued_at, sender_id, client_id, fingerprint, {COLUMNS_BY})"
        f" VALUES (1, 1, '转移', '转移', 'urgent', {AT}, '[]', 1, 1, 1, 'open', {AT}, 815, 'a', 'f', {BY})"
    ),
    (
        "INSERT INTO assignment (id, directive_id, unit_id, path, level, state, ack_deadline, issued_at,"
        f" moves, latest_report_id) VALUES (1, 1, 1, '00001', 1, 'reported', {AT}, {AT}, 2, 2)"
    ),
    *(
        "INSERT INTO report (id, assignment_id, no, created_at, sender_id, client_id, fingerprint,"
        f" {COLUMNS_BY}) VALUES ({no}, 1, {no}, {AT}, 815, 'r{no}', 'f', {BY})"
        for no in (1, 2)
    ),
    "INSERT INTO report_figure (report_id, key, value) VALUES (1, 'moved', 90), (2, 'moved', 126)",
)
