"""Rows as CSV and as a workbook, of which a spreadsheet carries nothing out."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, Any

import orjson
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from zzd.beside import beside
from zzd.orgtree.tables import FORMULA_STARTS
from zzd.tasks.exports.rows import Export, Row
from zzd.tasks.exports.words import CASUALTIES, EXERCISE, figure_columns, moment

# What a spreadsheet in Chinese takes for a formula as well.
STARTS = (*FORMULA_STARTS, "＝", "＋", "－", "＠", "\n")
COUNTS = {
    "addressed": "应办",
    "delivered": "送达",
    "acknowledged": "签收",
    "reported": "反馈",
    "not_reported": "未反馈",
    "completed": "办结",
    "overdue": "超时",
}
RED = Font(bold=True, color="C00000", size=14)
BOLD = Font(bold=True)
HEAD = PatternFill("solid", fgColor="DCE6F5")
WIDTH = 18


def guarded(cell: str | int | None) -> str | int | None:
    """A text that would be a formula begins with an apostrophe; numbers are numbers."""
    if isinstance(cell, str) and cell.startswith(STARTS):
        return f"'{cell}"
    return cell


def as_csv(export: Export) -> Iterator[bytes]:
    """In pieces as the rows are read: UTF-8 with the mark by which spreadsheets know it."""
    yield codecs.BOM_UTF8 + _lines([export.headings])
    for rows in export.pages():
        yield _lines(rows)


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def as_workbook(export: Export, rollup: Mapping[str, Any]) -> IO[bytes]:
    """Two sheets: the roll-up, and every unit. Rows wait in a file until the sheet is written
    beside the requests, so that neither the memory nor the other callers feel its size."""
    spool = TemporaryFile()  # noqa: SIM115 - closed when it was read
    with spool:
        for rows in export.pages():
            spool.writelines(orjson.dumps(row) + b"\n" for row in rows)
        spool.seek(0)
        return beside(_write, export, _summary(rollup), spool)


def _write(export: Export, summary: list[Row], spool: IO[bytes]) -> IO[bytes]:
    book = Workbook(write_only=True)
    mark = EXERCISE if export.exercise else ""
    title = f"{export.directive.title}　{export.place.name}"
    for name, headings, rows in (
        ("汇总", summary[0], iter(summary[1:])),
        ("明细", export.headings, (orjson.loads(line) for line in spool)),
    ):
        sheet = book.create_sheet(f"{mark}-{name}" if mark else name)
        sheet.freeze_panes = "A3"
        if mark:
            # Also on each page, should somebody print it.
            sheet.oddHeader.center.text = f"【{mark}】"
            sheet.oddFooter.center.text = f"【{mark}】"
        for index in range(len(headings)):
            sheet.column_dimensions[get_column_letter(index + 1)].width = WIDTH
        sheet.append([_cell(sheet, f"【{mark}】{title}" if mark else title, font=RED)])
        sheet.append([_cell(sheet, heading, font=BOLD, fill=HEAD) for heading in headings])
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    book.save(file)
    file.seek(0)
    return file


def _cell(sheet: Any, value: Any, *, font: Any = None, fill: Any = None) -> Any:
    shown = guarded(value)
    if isinstance(shown, str):
        shown = ILLEGAL_CHARACTERS_RE.sub("", shown)
    cell = WriteOnlyCell(sheet, value=shown)
    if isinstance(shown, str):
        # Never what the library would make of it: '=1+1' is a text.
        cell.data_type = "s"
    if font is not None:
        cell.font = font
    if fill is not None:
        cell.fill = fill
    return cell


def _summary(rollup: Mapping[str, Any]) -> list[Row]:
    """The roll-up's rows under their headings, the total last, and of when it is."""
    columns = figure_columns(rollup["figures"])
    headings = [
        *("单位代码", "单位名称"),
        *COUNTS.values(),
        *(heading for _, _, heading in columns),
        *(f"{word}（人）" for word in CASUALTIES.values()),
    ]
    parts = [*([rollup["own"]] if rollup["own"] else []), *rollup["rows"]]
    rows: list[Row] = [list(headings)]
    for part, name in [
        *((part, part["unit"]["name"]) for part in parts),
        (rollup["total"], "合计"),
    ]:
        rows.append(
            [
                part["unit"]["code"] if name != "合计" else "",
                name,
                *(part[key] for key in COUNTS),
                *(
                    part["figures"][key] if risk is None else part["by_risk"][key][risk]
                    for key, risk, _ in columns
                ),
                *(part["casualties"][key] for key in CASUALTIES),
            ]
        )
    rows.append([f"数据截至 {moment(rollup['at'])}（北京时间）；空白为未报，不是零"])
    return rows
