"""Folding: lines become what they come to, beside the requests.

It changes no sum, at no moment: lines are taken out and added to the balance in one transaction,
and those of transactions that have not committed are not seen and stay. So how often it is done
matters to how many lines a sum reads, and to nothing else.
"""

from __future__ import annotations

import time
from collections import defaultdict

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zzd.bulk import table_of
from zzd.db import insert_into, reading, transaction, try_lock_name
from zzd.tasks.ledger.lines import Line
from zzd.tasks.ledger.models import LedgerBalance, LedgerLine

# Lines of one transaction.
AT_ONCE = 2_000
NAMES = Line._fields


def fold() -> None:
    """Fold the lines there are. Any number of processes may look: one folds."""
    with reading(plainly=True) as session:
        if session.scalar(select(LedgerLine.id).order_by(LedgerLine.id).limit(1)) is None:
            return
    folded = AT_ONCE
    # What comes meanwhile waits for the next time: folding few costs as much as folding many.
    while folded == AT_ONCE:
        with transaction() as session:
            if not try_lock_name(session, "ledger"):
                return
            folded = fold_some(session, AT_ONCE)
        # On SQLite a batch stops the whole process while it runs.
        time.sleep(0)


def fold_some(session: Session, most: int) -> int:
    """Fold the oldest lines; returns how many there were."""
    table, oldest = table_of(LedgerLine), select(LedgerLine.id).order_by(LedgerLine.id).limit(most)
    columns = [table.c[name] for name in (*NAMES, "units", "amount")]
    taken = session.execute(
        delete(table).where(table.c.id.in_(oldest.scalar_subquery())).returning(*columns)
    ).all()
    sums: dict[Line, list[int]] = defaultdict(lambda: [0, 0])
    for *names, units, amount in taken:
        found = sums[Line(*names)]
        found[0] += units
        found[1] += amount
    rows = [
        {**line._asdict(), "units": units, "amount": amount}
        for line, (units, amount) in sums.items()
        if units or amount
    ]
    if rows:
        _add(session, rows)
        # Who stood somewhere and has left leaves nothing behind.
        session.execute(
            delete(LedgerBalance)
            .where(
                LedgerBalance.directive_id.in_({line.directive_id for line in sums}),
                LedgerBalance.place.in_({line.place for line in sums}),
                LedgerBalance.units == 0,
                LedgerBalance.amount == 0,
            )
            .execution_options(synchronize_session=False)
        )
    return len(taken)


def _add(session: Session, rows: list[dict[str, object]]) -> None:
    statement = insert_into(session, LedgerBalance)
    statement = statement.on_conflict_do_update(
        index_elements=list(NAMES),
        set_={
            "units": LedgerBalance.units + statement.excluded.units,
            "amount": LedgerBalance.amount + statement.excluded.amount,
        },
    )
    session.connection().execute(statement, rows)
