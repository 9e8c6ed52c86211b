"""The semantic model as text: tables, measures, relationships and the parameter, in TMDL."""

import re
from collections.abc import Iterable, Mapping, Sequence

from clustomer.powerbi.columns import Column, Kind, StarTable
from clustomer.powerbi.measures import HOME, MONEY, Measure
from clustomer.powerbi.relationships import Relationship

PARAMETER = "DataFolder"
"""The parameter of the model that says where the Parquet files are."""

DATES = "Dates"
"""The table of every day, which functions of time need."""

_DATA_TYPES: Mapping[Kind, str] = {
    "text": "string",
    "whole": "int64",
    "number": "double",
    "date": "dateTime",
    "boolean": "boolean",
}
_M_TYPES: Mapping[Kind, str] = {
    "text": "type text",
    "whole": "Int64.Type",
    "number": "type number",
    "date": "type date",
    "boolean": "type logical",
}
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def model_files(
    tables: Sequence[StarTable],
    measures: Sequence[Measure],
    relationships: Sequence[Relationship],
    *,
    name: str,
    data_folder: str,
    currency: str | None,
) -> dict[str, str]:
    """Return the files of `definition/` by their paths in it."""
    money = money_format(currency)
    files = {
        "database.tmdl": f"database {quoted(name)}\n\tcompatibilityLevel: 1567\n",
        "model.tmdl": _model([*(table.name for table in tables), HOME]),
        "expressions.tmdl": _parameter(data_folder),
        "relationships.tmdl": "\n".join(map(_relationship, relationships)),
        f"tables/{HOME}.tmdl": _measures_table(measures, money),
    }
    for table in tables:
        files[f"tables/{table.name}.tmdl"] = _table(table, money)
    return files


def money_format(currency: str | None) -> str:
    """Return the format of money, in which no sign of the currency is read as part of a format.

    >>> money_format("EUR"), money_format("£"), money_format(None)
    ('\\\\E\\\\U\\\\R\\\\ #,##0.00', '\\\\£#,##0.00', '#,##0.00')
    """
    if not currency:
        return "#,##0.00"
    gap = " " if len(currency) == 3 and currency.isalpha() else ""
    return "".join(f"\\{character}" for character in currency + gap) + "#,##0.00"


def quoted(name: str) -> str:
    """Return a name as TMDL writes it.

    >>> quoted("Customers"), quoted("Over time"), quoted("Customer's")
    ('Customers', "'Over time'", "'Customer''s'")
    """
    return name if _BARE.fullmatch(name) else "'" + name.replace("'", "''") + "'"


def m_text(value: str) -> str:
    """Return a text as a literal of Power Query, in which `#(` begins an escape.

    >>> m_text('C:\\\\a "b" #(lf)')
    '"C:\\\\a ""b"" #(#)(lf)"'
    """
    return '"' + value.replace("#(", "#(#)(").replace('"', '""') + '"'


def _model(names: Iterable[str]) -> str:
    lines = [
        "model Model",
        "\tculture: en-US",
        "\tdefaultPowerBIDataSourceVersion: powerBI_V3",
        "\tsourceQueryCulture: en-US",
        "",
        "\tannotation __PBI_TimeIntelligenceEnabled = 0",
        "",
        *(f"ref table {quoted(name)}" for name in names),
    ]
    return "\n".join(lines) + "\n"


def _parameter(folder: str) -> str:
    value = m_text(folder)
    return (
        "/// The folder with the Parquet files. Change it where they are elsewhere.\n"
        f"expression {PARAMETER} = {value} meta "
        '[IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]\n'
    )


def _relationship(relationship: Relationship) -> str:
    lines = [f"relationship {quoted(relationship.name)}"]
    if not relationship.active:
        lines.append("\tisActive: false")
    lines += [
        f"\tfromColumn: {_place(*relationship.many)}",
        f"\ttoColumn: {_place(*relationship.one)}",
    ]
    return "\n".join(lines) + "\n"


def _place(table: str, column: str) -> str:
    return f"{quoted(table)}.{quoted(column)}"


def _measures_table(measures: Sequence[Measure], money: str) -> str:
    lines = ["/// The measures of the model.", f"table {quoted(HOME)}", ""]
    for measure in measures:
        lines += [
            *_description(measure.description, "\t"),
            f"\tmeasure {quoted(measure.name)} = {measure.dax}",
            f"\t\tformatString: {money if measure.format == MONEY else measure.format}",
            f"\t\tdisplayFolder: {measure.folder}",
            "",
        ]
    lines += [
        "\tcolumn Nothing",
        "\t\tdataType: string",
        "\t\tisHidden",
        "\t\tsummarizeBy: none",
        "\t\tsourceColumn: Nothing",
        "",
        f"\tpartition {quoted(HOME)} = m",
        "\t\tmode: import",
        "\t\tsource =",
        "\t\t\t\tlet",
        "\t\t\t\t\tSource = #table(type table [Nothing = text], {})",
        "\t\t\t\tin",
        "\t\t\t\t\tSource",
    ]
    return "\n".join(lines) + "\n"


def _table(table: StarTable, money: str) -> str:
    lines = [*_description(table.description, ""), f"table {quoted(table.name)}"]
    lines += ["\tdataCategory: Time", ""] if table.name == DATES else [""]
    for column in table.columns:
        lines += [*_column(column, money), ""]
    types = ", ".join(
        f"{{{m_text(column.source)}, {_M_TYPES[column.kind]}}}" for column in table.columns
    )
    path = f'Text.TrimEnd({PARAMETER}, {{"\\", "/"}}) & {m_text(chr(92) + table.file)}'
    lines += [
        f"\tpartition {quoted(table.name)} = m",
        "\t\tmode: import",
        "\t\tsource =",
        "\t\t\t\tlet",
        f"\t\t\t\t\tSource = Parquet.Document(File.Contents({path})),",
        f'\t\t\t\t\tTyped = Table.TransformColumnTypes(Source, {{{types}}}, "en-US")',
        "\t\t\t\tin",
        "\t\t\t\t\tTyped",
    ]
    return "\n".join(lines) + "\n"


def _column(column: Column, money: str) -> list[str]:
    lines = [
        *_description(column.description, "\t"),
        f"\tcolumn {quoted(column.name)}",
        f"\t\tdataType: {_DATA_TYPES[column.kind]}",
    ]
    if column.hidden:
        lines.append("\t\tisHidden")
    if column.key:
        lines.append("\t\tisKey")
    if column.format_string:
        stated = money if column.format == MONEY else column.format_string
        lines.append(f"\t\tformatString: {stated}")
    lines += ["\t\tsummarizeBy: none", f"\t\tsourceColumn: {column.source}"]
    if column.sort_by:
        lines.append(f"\t\tsortByColumn: {quoted(column.sort_by)}")
    return lines


def _description(text: str, indent: str) -> list[str]:
    """Return a description in one line, which belongs to the object that follows."""
    plain = " ".join(text.split())
    return [f"{indent}/// {plain}"] if plain else []
