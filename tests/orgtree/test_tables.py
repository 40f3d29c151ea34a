"""Reading what people's spreadsheets save, and refusing what is no table."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.orgtree.tables import csv_file, xlsx_file
from zzd.orgtree import tables
from zzd.orgtree.tables import NotATable, TableTooLarge, read_table, write_csv, write_xlsx

COLUMNS = ("code", "name")
ROWS = [["code", "name"], ["331081", "温岭市"], ["", ""], ["331081105", "石塘镇"]]


def read(data: bytes) -> list[tuple[int, dict[str, str]]]:
    lines = read_table(io.BytesIO(data), required=COLUMNS, optional=("level",))
    return [(line.number, line.cells) for line in lines]


READ = [
    (2, {"code": "331081", "name": "温岭市", "level": ""}),
    (4, {"code": "331081105", "name": "石塘镇", "level": ""}),
]


@pytest.mark.parametrize(
    "data",
    [
        csv_file(ROWS),
        csv_file(ROWS, "utf-8-sig"),
        csv_file(ROWS, "gb18030"),
        csv_file(ROWS).replace(b"\r\n", b"\n"),
        xlsx_file(ROWS),
        # Typed into a spreadsheet, a code is a number.
        xlsx_file([ROWS[0], [331081, "温岭市"], [None, None], [331081105.0, "石塘镇"]]),
        # Headings in another order and in capitals, blanks around the cells.
        csv_file([["NAME", "code"], [" 温岭市", "331081 "], [], ["石塘镇", "331081105"]]),
    ],
)
def test_every_way_to_save_a_table_reads_alike(data: bytes) -> None:
    assert read(data) == READ


def test_a_line_break_within_a_cell_does_not_shift_the_rows_numbers() -> None:
    assert read(csv_file([ROWS[0], ["1", "two\nlines"], ["2", "x"]]))[1][0] == 3


@pytest.mark.parametrize("cell", ["=1+1", "+86 10", "-1", "@x", "'=1", "''x", "'", "it's", "x=1"])
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_what_would_be_a_formula_is_written_as_text_and_read_back_as_it_was(
    cell: str, format_: str
) -> None:
    rows = [("1", cell)]
    if format_ == "csv":
        data = b"".join(write_csv(COLUMNS, rows))
    else:
        file = io.BytesIO()
        write_xlsx(file, COLUMNS, rows)
        data = file.getvalue()
        with zipfile.ZipFile(file) as archive:
            assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert read(data)[0][1]["name"] == cell
    if cell[0] in "=+-@" and format_ == "csv":
        assert f"1,'{cell}".encode() in data


def test_of_a_formula_the_saved_value_is_read() -> None:
    """And nothing where none was saved: it is never computed here."""
    assert read(xlsx_file([ROWS[0], ["1", "=1+1"]])) == [
        (2, {"code": "1", "name": "", "level": ""})
    ]


def _bomb() -> bytes:
    file = io.BytesIO(xlsx_file(ROWS))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"xl/media/{number}", bytes(64 * 1024 * 1024))
    return file.getvalue()


def _many_parts() -> bytes:
    file = io.BytesIO(xlsx_file(ROWS))
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(1_001):
            archive.writestr(f"x/{number}", b"")
    return file.getvalue()


def _sheet(xml: str) -> bytes:
    """A workbook whose sheet is this."""
    made, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(xlsx_file(ROWS)))
    with zipfile.ZipFile(made, "w") as archive:
        for part in source.infolist():
            data = source.read(part)
            archive.writestr(part, xml if part.filename.endswith("sheet1.xml") else data)
    return made.getvalue()


NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"\xff" * 100,
        b"code\n1\n",
        b"code,name,name\n1,2,3\n",
        b"code,name,what\n1,2,3\n",
        b"code,name\n1,2,3\n",
        b'code,name\n"1,2\n',
        b"code,name\n1," + b"x" * 200_000,
        b"PK\x03\x04 no archive",
        csv_file([["PK\x03\x04"]]),
        xlsx_file([["code"], ["1"]]),
        xlsx_file([]),
        xlsx_file(ROWS)[:-300],
        _sheet("<worksheet"),
        _sheet("<html/>"),
        _sheet(f'<worksheet {NAMESPACE}><sheetData><row r="x"/></sheetData></worksheet>'),
        _sheet(f'<worksheet {NAMESPACE}><sheetData><row r="-3"/></sheetData></worksheet>'),
    ],
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(NotATable):
        read(data)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("last", ["1048577", "999999999999"])
def test_a_row_beyond_any_spreadsheet_does_not_keep_us_counting(last: str) -> None:
    heading = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in COLUMNS)
    rows = f'<row r="1">{heading}</row><row r="{last}">{heading}</row>'
    with pytest.raises(TableTooLarge):
        read(_sheet(f"<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>"))


@pytest.mark.parametrize("data", [_bomb(), _many_parts()])
def test_a_workbook_that_would_unpack_to_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(TableTooLarge):
        read(data)


def test_only_so_many_rows_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    assert len(read(csv_file([*ROWS, [], []]))) == 2
    with pytest.raises(TableTooLarge):
        read(csv_file([*ROWS, ["1", "x"]]))
    with pytest.raises(TableTooLarge):
        read(b"code,name\n" + b"\n" * 1_100_000)
