"""Tables as people exchange them: CSV and XLSX, read to rows with line numbers and written.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and
an apostrophe before such a cell is taken off when it is read: nothing is executed, nothing lost.
"""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

from zzd import characters
from zzd.beside import beside
from zzd.errors import Invalid

MOST_ROWS = 200_000
# Unpacked; 200,000 rows of eight cells come to about 100 MB.
LARGEST_WORKBOOK = 128 * 1024 * 1024
MOST_PARTS = 1_000
# No spreadsheet has more rows; a file that says so would have us count for hours.
LAST_LINE = 1_048_576
MOST_COLUMNS = 32
LONGEST_CELL = 1_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A row under the headings, by column; ``number`` is what the spreadsheet shows beside it."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be taken; ``column`` is None where the whole row is at fault."""

    line: int
    column: str | None
    reason: str


class NotATable(Invalid):
    code, title = "not_a_table", "The file is not a table that can be read"


class TableTooLarge(Invalid):
    code, title = "table_too_large", "The table is too large for one file"


def read_table(
    file: IO[bytes], *, required: Sequence[str], optional: Sequence[str] = ()
) -> list[Line]:
    """All rows that are not blank, of a CSV (UTF-8 or GB18030) or XLSX file.

    The first row holds the columns' names, in any order.
    Raises NotATable, TableTooLarge.
    """
    return beside(_read, file, required, optional)


def _read(file: IO[bytes], required: Sequence[str], optional: Sequence[str]) -> list[Line]:
    rows = _rows_of_xlsx(file) if _is_zip(file) else _rows_of_csv(file)
    with warnings.catch_warnings():
        # What the library finds odd in a workbook is nobody's business but its author's.
        warnings.simplefilter("ignore")
        return list(_lines(rows, required, optional))


def _lines(
    rows: Iterator[tuple[int, Cells]], required: Sequence[str], optional: Sequence[str]
) -> Iterator[Line]:
    names = _check_headings(next(rows, (1, ()))[1], required, optional)
    blank = dict.fromkeys((*required, *optional), "")
    taken = 0
    for number, cells in rows:
        filled = any(cells)
        if number > LAST_LINE or (filled and taken == MOST_ROWS):
            raise TableTooLarge(f"At most {MOST_ROWS} rows in one file")
        if not filled:
            continue
        taken += 1
        if any(cells[len(names) :]):
            raise NotATable(f"Row {number} has more cells than the first row has columns")
        yield Line(number, blank | dict(zip(names, cells, strict=False)))


def _check_headings(headings: Cells, required: Sequence[str], optional: Sequence[str]) -> list[str]:
    names = [heading.lower() for heading in headings]
    while names and not names[-1]:
        names.pop()
    missing = [name for name in required if name not in names]
    unknown = [name for name in names if name not in (*required, *optional)]
    doubled = {name for name in names if names.count(name) > 1}
    if missing or unknown or doubled:
        known = ", ".join((*required, *(f"{name} (may be left out)" for name in optional)))
        raise NotATable(f"The first row must hold each once of the columns {known}")
    return names


def _is_zip(file: IO[bytes]) -> bool:
    start = file.read(4)
    file.seek(0)
    return start == b"PK\x03\x04"


def _rows_of_csv(file: IO[bytes]) -> Iterator[tuple[int, Cells]]:
    text = io.StringIO(_decode(file.read()), newline="")
    number = 0
    try:
        for number, row in enumerate(csv.reader(text, strict=True), start=1):
            yield number, [_plain(cell) for cell in row]
    except csv.Error as error:
        raise NotATable(f"Row {number + 1} is not CSV: {error}") from error


def _decode(data: bytes) -> str:
    """UTF-8 with or without its mark, else what Chinese spreadsheets save: GB18030."""
    data = data.removeprefix(codecs.BOM_UTF8)
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotATable("Neither XLSX nor text in UTF-8 or GB18030")


def _rows_of_xlsx(file: IO[bytes]) -> Iterator[tuple[int, Cells]]:
    """The first sheet's values; of a formula the value that was saved with it."""
    _check_archive(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            rows = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
            for number, row in enumerate(rows, start=1):
                # Rows that a file skips come as empty ones, by the million if it says so.
                filled = row.count(None) < len(row)
                yield number, [_plain(_as_text(value)) for value in row] if filled else ()
        finally:
            book.close()
    # What a broken or hostile workbook makes the library raise is not documented.
    except Invalid:
        raise
    except (
        InvalidFileException,
        ParseError,
        zipfile.BadZipFile,
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        NotImplementedError,
        OSError,
        TypeError,
        ValueError,
        zipfile.LargeZipFile,
    ) as error:
        raise NotATable("Not a workbook that can be read") from error


def _check_archive(file: IO[bytes]) -> None:
    """Refuse by the sizes it declares what would unpack to more; reading stops at those sizes."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise NotATable("Not a workbook that can be read") from error
    file.seek(0)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_WORKBOOK:
        raise TableTooLarge(f"A workbook unpacks to at most {LARGEST_WORKBOOK >> 20} MB")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    # A code typed as a number is one to the spreadsheet.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(cell: str) -> str:
    if len(cell) > LONGEST_CELL:
        cell = cell[: LONGEST_CELL + 1]
    cell = cell.strip(" \u3000\xa0")
    if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS):
        return cell[1:]
    return cell


def guarded(cell: str) -> str:
    """The cell as a spreadsheet may have it: nothing in it is carried out."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def text_fault(text: str, longest: int) -> str | None:
    """Why a cell is not a text of 1 to ``longest`` characters on one line; None if it is."""
    if not text:
        return "Must not be empty"
    if len(text) > longest:
        return f"At most {longest} characters"
    if characters.has_hidden(text):
        return "Contains a character that is not text"
    return None


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """In pieces, UTF-8 with the mark by which spreadsheets know it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    yield codecs.BOM_UTF8
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
        if buffer.tell() > 32_768:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_xlsx(file: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A workbook of one sheet, every cell a text: codes are no numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("ZZD")
    sheet.append(list(columns))
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", guarded(cell)) for cell in row])
    book.save(file)
