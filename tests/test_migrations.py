"""The structure in the database is the one that the models describe."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from zzd import migrate, models
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
