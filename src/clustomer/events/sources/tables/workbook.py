"""Workbooks: a sheet of Excel or OpenDocument becomes text, cell by cell."""

import csv
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.events.sources.content import Plain
from clustomer.events.sources.files import require_room


def sheet_as_text(engine: DuckDB, plain: Plain, sheet: str | None) -> Plain:
    """Return a sheet as a file of separated text: what its cells hold, not how they are shown.

    Parameters
    ----------
    engine : DuckDB
        Whose temporary folder takes the file.
    plain : Plain
    sheet : str, optional
        May be left out where only one has rows.

    Raises
    ------
    InputError
        If there is no such sheet, or it cannot be told which is meant; they are listed.
    UsageError
        If the extra is not installed.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise UsageError(
            "Excel workbooks need the extra `excel`, which is not installed. Install it with: "
            "pip install 'clustomer[excel]', or save the sheet as CSV."
        ) from error
    try:
        # by its content: what the file is called says nothing
        with plain.path.open("rb") as file:
            book = python_calamine.load_workbook(file)
            name, rows = _chosen(plain.label, book, sheet)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{plain.label} cannot be read as a workbook: {str(error).rstrip('.')}. It may be "
            "damaged, or locked by a password: save it anew, or as CSV."
        ) from error
    require_room(engine.directory, plain.path.stat().st_size, plain.label, "is copied")
    folder = engine.directory / "sheets"
    folder.mkdir(exist_ok=True)
    copy = folder / str(sum(1 for _ in folder.iterdir()))
    width = max(map(len, rows), default=0)
    with copy.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for row in rows:
            texts = [cell_text(cell) for cell in row]
            if any(texts):
                writer.writerow(texts + [""] * (width - len(texts)))
    if copy.stat().st_size == 0:
        raise InputError(f"The sheet `{name}` of {plain.label} is empty.")
    return Plain(
        f"{plain.label} (sheet {name})", "text", copy, from_1904=_counts_from_1904(plain.path)
    )


def _counts_from_1904(path: Path) -> bool:
    """Whether numbers of days begin in 1904; cells that are dates are read so anyway."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return False
        properties = archive.read("xl/workbook.xml")
    return re.search(rb"""date1904\s*=\s*["'](1|true)["']""", properties) is not None


ALL_SHEETS = "*"


def _chosen(label: str, book: Any, sheet: str | None) -> tuple[str, list[list[Any]]]:
    """Return the name of the sheet that is meant, and its rows; or all with the same columns."""
    names: Sequence[str] = book.sheet_names
    if sheet is not None:
        if sheet in names:
            return sheet, _rows(book, sheet)
        if sheet == ALL_SHEETS:
            return _together(label, book)
        raise InputError(
            f"{label} has no sheet `{sheet}`. {did_you_mean(sheet, names)} Check --sheet."
        )
    filled = _filled(book)
    if len(filled) == 1:
        return filled[0], _rows(book, filled[0])
    listed = ", ".join(f"`{name}`" for name in filled or names)
    alike = len({tuple(map(str, _rows(book, name, 1)[0])) for name in filled}) == 1
    together = " All have the same columns: --sheet '*' reads them together." if alike else ""
    raise InputError(
        f"{label} has {len(filled)} sheets with rows: {listed}. Say which one with --sheet."
        f"{together}"
    )


def _filled(book: Any) -> list[str]:
    """Return the sheets with rows, without those that are hidden where others are not."""
    filled = [name for name in book.sheet_names if _has_rows(book, name)]
    shown = {sheet.name for sheet in book.sheets_metadata if "Hidden" not in str(sheet.visible)}
    return [name for name in filled if name in shown] or filled


def _rows(book: Any, name: str, most: int | None = None) -> list[list[Any]]:
    rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=True, nrows=most)
    return rows


def _together(label: str, book: Any) -> tuple[str, list[list[Any]]]:
    """Return the rows of all sheets below one another, as those of one."""
    sheets = {name: _rows(book, name) for name in _filled(book)}
    first = next(iter(sheets), "")
    columns = sheets[first][0] if sheets else []
    for name, rows in sheets.items():
        if rows[0] != columns and sorted(map(str, rows[0])) == sorted({*map(str, columns)}):
            # the same columns in another order
            places = [rows[0].index(column) for column in columns]
            sheets[name] = [[row[place] for place in places] for row in rows]
        elif rows[0] != columns:
            raise InputError(
                f"The sheets of {label} have other columns: the first row of `{name}` is not that "
                f"of `{first}`. Expected the same columns in all; name one of them with --sheet."
            )
    header = sheets[first][:1] if sheets else []
    return ALL_SHEETS, header + [row for rows in sheets.values() for row in rows[1:]]


def _has_rows(book: Any, name: str) -> bool:
    return len(book.get_sheet_by_name(name).to_python(nrows=2)) > 1


def cell_text(cell: Any) -> str:
    """Return what a cell holds as text that is read back as the same value.

    >>> cell_text(17850.0), cell_text(0.1), cell_text(datetime(2024, 1, 5, 9))
    ('17850', '0.1', '2024-01-05 09:00:00')
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "microseconds" if cell.microsecond else "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        seconds = int(cell.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(cell).replace("\r\n", "\n").replace("\r", "\n")
