"""A province in PostgreSQL: 1.23 million officials, 180,000 groups, and what the inbox costs there.

The first run builds the database, which takes a quarter of an hour, and keeps it; later runs only
measure. It lies in var/bench/province, in a PostgreSQL of its own that runs meanwhile, or in the
empty database that ZZD_BENCH_DATABASE_URL names. ``--scale 0.01`` builds a hundredth of it, beside.
"""

from __future__ import annotations

import argparse
import json
import os
from contextlib import ExitStack

import _province
from _databases import env_of, forget, kept_folder, private_postgres, seed, upgrade
from _province_measures import measure
from processes import Group
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from steps import Failure, Line, run_main, say


def main() -> None:
    options = parse_arguments()
    with ExitStack() as stack:
        url = os.environ.get("ZZD_BENCH_DATABASE_URL") or kept(stack, options)
        built = upgrade_or_build(url, options.scale)
        if options.build_only:
            return
        os.environ |= env_of(url)
        with Line("Measuring"):
            results = measure(url, rounds=options.rounds)
    say(f"\n  {built:,} messages at scale {options.scale:g}\n")
    for line in results.table:
        say(f"  {line}")
    say(json.dumps(results.figures))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/bench province", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the whole province (1)")
    parser.add_argument("--rounds", type=int, default=200, help="of each measurement (200)")
    parser.add_argument("--build-only", action="store_true", help="measure nothing")
    parser.add_argument("--rebuild", action="store_true", help="forget the kept database first")
    return parser.parse_args()


def kept(stack: ExitStack, options: argparse.Namespace) -> str:
    """The URL of the kept database, whose server runs until ``stack`` is left."""
    folder = kept_folder("province" if options.scale == 1 else f"province-{options.scale:g}")
    if options.rebuild or not (folder / "built").exists():
        forget(folder)
        with Group(folder / "log") as group:
            url = private_postgres(group, folder, forgetful=True)
            build(url, options.scale)
        (folder / "built").touch()
    group = stack.enter_context(Group(folder / "log"))
    return private_postgres(group, folder)


def upgrade_or_build(url: str, scale: float) -> int:
    """Bring a database that was built to today's structure; returns how many messages it holds."""
    engine = create_engine(url)
    with engine.connect() as connection:
        mark = mark_of(connection)
        empty = connection.scalar(text("SELECT to_regclass('unit') IS NULL"))
    if mark is None and not empty:
        raise Failure("the database is neither empty nor built by this benchmark: name another.")
    if mark is None:
        build(url, scale)
    elif mark != scale:
        raise Failure(f"the database was built at scale {mark:g}: say --scale {mark:g}.")
    else:
        upgrade(url)
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM message")) or 0


def build(url: str, scale: float) -> None:
    upgrade(url)
    seed(url, officials=round(_province.OFFICIALS * scale))
    engine = create_engine(url)
    with engine.connect() as connection, Line("Filling the groups") as line:
        ease_checks(connection)
        for done in _province.write_conversations(connection, round(_province.GROUPS * scale)):
            line.detail = done
    vacuum(engine)
    with engine.connect() as connection:
        name = connection.scalar(text("SELECT quote_ident(current_database())"))
        connection.execute(text(f"COMMENT ON DATABASE {name} IS '{MARK}{scale:g}'"))
        connection.commit()


MARK = "zzd bench province, scale "


def mark_of(connection: Connection) -> float | None:
    """The scale that the database was built at to the end; None where it was not."""
    said = connection.scalar(
        text(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = current_database()"
        )
    )
    return float(said.removeprefix(MARK)) if said and said.startswith(MARK) else None


def ease_checks(connection: Connection) -> None:
    """The rows refer to what was just read: where we may, spare looking that up 26 million times."""
    try:
        connection.execute(text("SET session_replication_role = replica"))
        connection.commit()
    except DBAPIError:
        connection.rollback()


def vacuum(engine: Engine) -> None:
    with Line("Vacuuming"), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


if __name__ == "__main__":
    run_main(main)
