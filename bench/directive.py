"""A directive to a whole province: issue, acknowledgements, roll-up, who has not, and kills.

The first run builds the tree of 231,412 units with 1.23 million officials and keeps it in
var/bench/directive, in a PostgreSQL of its own, which takes about ten minutes. Two web processes
and a worker answer; the load comes from this process, on the same machine: what it uses is missing
to them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import _province
from _databases import forget, kept_folder, private_postgres, seed, upgrade
from _directive import Province, env_of_process, kill, p
from _groups import add_groups
from _load import cpu_seconds
from _servers import cpu_seconds_of, start_web
from bootstrap import BIN
from processes import Group, Member, answers
from sqlalchemy import create_engine, text
from steps import ROOT, Failure, Line, run_main, say

VILLAGES, ALL_UNITS = [5], None
WRITTEN = "SELECT count(*) FROM assignment WHERE directive_id = :directive"
STEPS = """
SELECT count(*) FROM escalation_step s JOIN assignment a ON a.id = s.assignment_id
WHERE a.directive_id = :directive
"""
TWICE = """
SELECT count(*) FROM (
    SELECT 1 FROM escalation_step s JOIN assignment a ON a.id = s.assignment_id
    WHERE a.directive_id = :directive GROUP BY s.assignment_id, s.step HAVING count(*) > 1
) AS twice
"""
LATEST = """
SELECT coalesce(ceil(extract(epoch FROM max(s.fired_at - s.due_at)) * 1000), 0)
FROM escalation_step s JOIN assignment a ON a.id = s.assignment_id WHERE a.directive_id = :directive
"""


def main() -> None:
    options = parse_arguments()
    with ExitStack() as stack:
        url, database = kept(stack, options)
        if options.build_only:
            return
        group = stack.enter_context(Group(kept_folder("directive-run")))
        ports = start_web(group, url, 2)
        engine = create_engine(url)
        with Line("Signing officials in"):
            province = Province(engine, url, ports, options.people)
        run = Run(province, group, database, options)
        asyncio.run(run.all())
    for line in run.table:
        say(f"  {line}")
    say(json.dumps(run.figures))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/bench directive", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the officials (1)")
    parser.add_argument("--people", type=int, default=45_000, help="who acknowledge (45000)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the full load (60)")
    parser.add_argument("--connections", type=int, default=64, help="of the full load (64)")
    parser.add_argument("--rate", type=float, default=50.0, help="meanwhile, of each issue (50/s)")
    parser.add_argument("--no-kills", action="store_true", help="end no process in the middle")
    parser.add_argument("--build-only", action="store_true", help="measure nothing")
    parser.add_argument("--rebuild", action="store_true", help="forget the kept database first")
    return parser.parse_args()


def kept(stack: ExitStack, options: argparse.Namespace) -> tuple[str, Group]:
    """The URL of the kept database, and its server, which runs until ``stack`` is left."""
    folder = kept_folder("directive" if options.scale == 1 else f"directive-{options.scale:g}")
    if options.rebuild or not (folder / "built").exists():
        forget(folder)
        with Group(folder / "log") as group:
            url = private_postgres(group, folder, forgetful=True)
            upgrade(url)
            seed(url, officials=round(_province.OFFICIALS * options.scale), groups=8)
            with Line("Adding groups below the villages") as line:
                line.detail = f"{add_groups(url):,} units"
        (folder / "built").touch()
    group = stack.enter_context(Group(folder / "log"))
    url = private_postgres(group, folder)
    upgrade(url)
    forget_directives(url)
    return url, group


def forget_directives(url: str) -> None:
    """Begin with an empty table each time: what was measured before is in the way."""
    engine = create_engine(url)
    with engine.begin() as connection:
        # Histories are append-only, and a trigger says so; this database is ours to begin anew.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            text(
                "TRUNCATE event, assignment, standing_figure, escalation_step, outbox, tally_part,"
                " ledger_line, ledger_balance CASCADE"
            )
        )
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    engine.dispose()


class Run:
    """One measurement after the other; ``table`` is for people, ``figures`` the last line."""

    def __init__(
        self, province: Province, group: Group, database: Group, options: argparse.Namespace
    ) -> None:
        self.province, self.group, self.database = province, group, database
        self.options = options
        self.table: list[str] = []
        self.figures: dict[str, Any] = {}

    def say(self, what: str, value: str) -> None:
        self.table.append(f"{what:64}{value}")

    async def all(self) -> None:
        load = os.getloadavg()
        self.say(
            "load of the machine before (1, 5, 15 min)", " ".join(f"{each:.1f}" for each in load)
        )
        event = await self.province.event()
        await self.issue(event)
        await self.answers()
        if not self.options.no_kills:
            await self.kill_during_issue(event)
            await self.kill_during_steps(event)
        self.say("load of the machine after", " ".join(f"{each:.1f}" for each in os.getloadavg()))

    async def issue(self, event: str) -> None:
        province = self.province
        # Something to acknowledge while the others are issued; and the first issue warms up.
        self.directive, _ = await province.issue(province.body(event, levels=ALL_UNITS))
        self.waiting = iter(province.to_answer(self.directive))
        meanwhile = []
        for name, levels in (("villages", VILLAGES), ("all_units", ALL_UNITS)):
            took = []
            for _ in range(3):
                with province.acknowledging(self.waiting, self.options.rate) as (heard, stop):
                    await asyncio.sleep(1)
                    before = len(heard.took)
                    directive, seconds = await province.issue(province.body(event, levels=levels))
                    await stop()
                took.append(seconds)
                meanwhile += heard.took[before:]
                if heard.refused:
                    raise Failure(heard.refused[0].decode(errors="replace"))
            units = province.count(WRITTEN, directive=int(directive))
            self.figures[f"issue_{name}_s"] = round(sorted(took)[1], 2)
            self.say(f"issue to {units:,} units, s", " ".join(f"{each:.2f}" for each in took))
            if levels == VILLAGES:
                self.villages = directive
        self.say(
            f"acknowledgements meanwhile at {self.options.rate:g}/s, ms: p50 p99 max",
            f"{p(meanwhile, 50)} {p(meanwhile, 99)} {p(meanwhile, 100)}",
        )
        self.figures["ack_p99_ms"] = p(meanwhile, 99)

    async def answers(self) -> None:
        province, options = self.province, self.options
        used, others = cpu_seconds(), self.processors()
        rollups: list[float] = []
        load = asyncio.ensure_future(
            province.acknowledge_all(
                self.waiting, seconds=options.seconds, connections=options.connections
            )
        )
        while not load.done():
            rollups += await province.timed(f"/directives/{self.directive}/rollup", 1)
            await asyncio.sleep(2)
        done = await load
        if done.refused:
            raise Failure(done.refused[0].decode(errors="replace"))
        used = (cpu_seconds() - used) / done.seconds
        others = {name: seconds - others[name] for name, seconds in self.processors().items()}
        self.figures["acks_per_s"] = round(done.rate, 1)
        self.say(
            f"acknowledgements/s for {done.seconds:.0f} s, {options.connections} at once",
            f"{done.rate:.0f}   ms: p50 {p(done.took, 50)} p99 {p(done.took, 99)}"
            f"   (the generator used {used:.0%} of a core)",
        )
        for name, seconds in others.items():
            share = f"{seconds / len(done.took) * 1000:.2f}" if done.took else "-"
            self.say(f"    processor time of {name} for each, ms", share)
        self.say(
            "roll-up of all units under that load, ms: p50 max",
            f"{p(rollups, 50)} {p(rollups, 100)}",
        )
        counted = await province.call("GET", f"/directives/{self.directive}/rollup")
        self.say("acknowledged, as the roll-up says", f"{counted[1]['total']['acknowledged']:,}")
        for name, directive in (("25,547 villages", self.villages), ("all units", self.directive)):
            took = await province.timed(f"/directives/{directive}/rollup", 30)
            self.say(
                f"roll-up of the province by city, {name}, ms: p50 p99",
                f"{p(took, 50)} {p(took, 99)}",
            )
        self.figures["rollup_ms"] = p(took, 50)
        took = []
        for county in province.counties:
            path = (
                f"/directives/{self.directive}/assignments?unit_id={county}&state=not_acknowledged"
            )
            took += await province.timed(path, 3)
        self.figures["not_acked_county_ms"] = p(took, 50)
        self.say(
            "who has not acknowledged in a county, ms: p50 p99", f"{p(took, 50)} {p(took, 99)}"
        )

    def processors(self) -> dict[str, float]:
        """Seconds that the web processes, the worker with Redis, and PostgreSQL have used."""
        used: dict[str, float] = dict.fromkeys(("web", "worker and Redis", "PostgreSQL"), 0.0)
        for name, seconds in cpu_seconds_of(self.group).items():
            used["web" if name.startswith("web") else "worker and Redis"] += seconds
        used["PostgreSQL"] = sum(cpu_seconds_of(self.database).values())
        return used

    async def kill_during_issue(self, event: str) -> None:
        """A web process dies in the middle: the directive is there with all its units, or not."""
        province = self.province
        whole = 0
        whole_issue = self.figures["issue_all_units_s"]
        for number, share in enumerate((0.2, 0.6, 0.95, 1.1)):
            member = next(each for each in self.group.members if each.name.startswith("web 2"))
            key = f"killed-{time.time_ns()}"
            body = province.body(event, levels=ALL_UNITS, client_id=key)
            call = asyncio.ensure_future(province.issue(body, port=province.ports[1]))
            await asyncio.sleep(share * whole_issue)
            env = env_of_process(member.process.pid)
            kill(member.process.pid)
            await asyncio.gather(call, return_exceptions=True)
            await asyncio.sleep(1)
            directive = province.count("SELECT id FROM directive WHERE client_id = :key", key=key)
            units = province.count(WRITTEN, directive=directive) if directive else 0
            orphans = province.count(
                "SELECT count(*) FROM assignment a WHERE a.id > (SELECT max(id) - 300000 FROM assignment)"
                " AND NOT EXISTS (SELECT 1 FROM directive d WHERE d.id = a.directive_id)"
            )
            expected = province.count("SELECT units FROM directive WHERE id = :id", id=directive)
            if orphans or units != expected:
                raise Failure(f"half an issue: {units} of {expected} units, {orphans} without one")
            whole += bool(directive)
            self.restart(member, env, number)
        self.say("web process killed 4 times during an issue", f"all {whole}, nothing {4 - whole}")

    def restart(self, member: Member, env: dict[str, str], number: int) -> None:
        """A web process in the place of one that was killed."""
        self.group.members.remove(member)
        command = [BIN / "gunicorn", "-c", ROOT / "deploy" / "gunicorn.conf.py", "wsgi:app"]
        self.group.start(f"web 2, start {number}", command, env=env)
        port = self.province.ports[1]
        self.group.wait_until("Starting it again", lambda: answers("127.0.0.1", port, "/readyz"))

    async def kill_during_steps(self, event: str) -> None:
        """Villages that are all late at once; two workers, of which one dies in the middle."""
        province = self.province
        first = next(each for each in self.group.members if each.name == "worker")
        env = env_of_process(first.process.pid)
        worker = self.group.start("worker 2", [BIN / "zzd", "worker"], env=env)
        await asyncio.sleep(4)
        due = datetime.now(UTC) + timedelta(seconds=6)
        rule = [{"step": step, "after_minutes": 0} for step in ("remind", "leader")]
        body = province.body(event, levels=VILLAGES, ack_deadline=due.isoformat(), escalation=rule)
        directive, _ = await province.issue(body)
        expected = 2 * province.count(WRITTEN, directive=int(directive))
        killed = False
        began, used = time.monotonic(), self.processors()
        while (done := province.count(STEPS, directive=int(directive))) < expected:
            if done and not killed:
                kill(worker.process.pid)
                self.group.members.remove(worker)
                killed = True
            if time.monotonic() - began > 180:
                raise Failure(f"{done} of {expected} steps were taken")
            await asyncio.sleep(0.1)
        await asyncio.sleep(3)
        taken = province.count(STEPS, directive=int(directive))
        if taken != expected or province.count(TWICE, directive=int(directive)):
            raise Failure(f"{taken} steps where {expected} were due")
        latest = province.count(LATEST, directive=int(directive)) / 1000
        self.say(
            f"{expected:,} steps due at once, one of two workers killed",
            f"each once, the last {latest:.1f} s after it was due   (PostgreSQL used"
            f" {self.processors()['PostgreSQL'] - used['PostgreSQL']:.1f} s of a processor)",
        )


if __name__ == "__main__":
    run_main(main)
