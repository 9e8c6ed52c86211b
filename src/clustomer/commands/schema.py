"""`clustomer schema`: how a source's columns are understood."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clustomer.commands.messages import print_json, say
from clustomer.commands.options import Json, Overwrite, Source, with_settings
from clustomer.errors import AmbiguousError
from clustomer.printable import printable
from clustomer.settings import Settings
from clustomer.unfinished import check_free, whole_file

if TYPE_CHECKING:
    from clustomer.events.draft.description import Description, Doubt


ANSWERS = (
    "time_format",
    "decimal",
    "price_is",
    "amounts_in",
    "returns_are_negative",
    "encoding",
)
"""Settings that answer what a source does not tell."""

MAX_CHOICES = 40


@with_settings(names=("table", "schema", *ANSWERS))
def schema(
    source: Source,
    settings: Settings,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to write the TOML file.", show_default="not written"
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Show how a source's columns are understood, with five rows; write a TOML file to edit.

    What the source does not tell is asked on a terminal. Elsewhere the command says which
    option answers it, writes nothing, and ends with exit code 3.
    """
    check_free(out, overwrite)
    described = _described(source, settings, asks=_on_terminal() and not as_json)
    answered = not isinstance(described.error, AmbiguousError)
    if out is not None and answered:
        # what no option answers is to be said in the file
        _write_text(out, described.schema.to_toml())
    if as_json:
        print_json(_as_object(described))
    else:
        _print_schema(described)
    if out is not None and answered:
        from clustomer.engines import without_password

        shown = without_password(source)
        say(f"Written: {out}. Edit it, then: clustomer run {shown} --schema {out}", err=True)
    if described.error is not None:
        raise described.error


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _described(source: str, settings: Settings, *, asks: bool) -> "Description":
    """Describe a source; where it does not tell something, ask until everything is known."""
    from clustomer.events import describe_source

    answers: dict[str, str | None] = {name: getattr(settings, name) for name in ANSWERS}
    while True:
        described = describe_source(
            source, table=settings.table, schema=settings.schema, answers=answers
        )
        open_doubts = [
            doubt
            for doubt in described.doubts
            if doubt.choices and doubt.setting and not answers.get(doubt.setting)
        ]
        if not asks or not open_doubts:
            return described
        answers[str(open_doubts[0].setting)] = _asked(open_doubts[0])


def _asked(doubt: "Doubt") -> str:
    """Ask on the terminal which of some choices is meant."""
    say(_question(doubt), err=True)
    choices = list(doubt.choices.items())[:MAX_CHOICES]
    for number, (value, meaning) in enumerate(choices, 1):
        say(f"  {number}  {value}" + (f": {meaning}" if meaning else ""), err=True)
    number = 0
    while not 1 <= number <= len(choices):
        number = typer.prompt(f"Which, 1 to {len(choices)}", type=int, err=True)
    return choices[number - 1][0]


_COLUMNS = {
    "column event_time": "Which column is our `event_time`, when something happened?",
    "column user_id": "Which column is our `user_id`, who the customer is?",
    "column price": "Which column is our `price`, what was paid?",
}


def _question(doubt: "Doubt") -> str:
    return _COLUMNS.get(doubt.setting or "", doubt.question)


def _as_object(described: "Description") -> dict[str, Any]:
    return {
        "source": described.source,
        "columns": described.columns,
        "schema": described.schema.model_dump(exclude_none=True),
        "known": described.recognised,
        "rows": described.rows,
        "event_types": [
            {"value": entry.value, "rows": entry.rows, "proposal": entry.proposal}
            for entry in described.event_types
        ],
        "amounts": described.amounts.to_json() if described.amounts else None,
        "unused": dict(described.reasons),
        "doubts": [
            {"question": doubt.question, "setting": doubt.setting, "choices": doubt.choices}
            for doubt in described.doubts
        ],
    }


def _print_schema(described: Any) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    say(f"Source: {described.source}")
    if described.recognised:
        say(f"Schema: {described.schema.name}, detected from the columns")
    else:
        say("No known kind of source: this is a guess. Write it with --out and edit it.")
    mapping = Table(box=None, pad_edge=False, header_style="dim")
    mapping.add_column("Our column")
    mapping.add_column("Theirs")
    for ours, theirs in described.schema.paths.items():
        mapping.add_row(ours, Text(printable(", ".join(theirs))))
    console.print(mapping)
    further = described.schema.model_dump(
        exclude_defaults=True, exclude={"name", "columns", "event_types"}
    )
    for setting, value in further.items():
        words = ", ".join(value) if isinstance(value, tuple) else value
        console.print(Text(printable(f"{setting}: {words}")))
    _print_types(console, described.event_types)
    _print_unused(console, described.reasons)
    if described.amounts is not None:
        console.print(Text(printable("\n" + _amounts_in_words(described))))
    for doubt in described.doubts:
        console.print(Text(printable(f"\nTo be decided: {_question(doubt)}")))
    if described.rows:
        console.print("\nThe first rows, as they will be understood:")
        console.print(_first_rows(described.rows))


def _amounts_in_words(described: "Description") -> str:
    """Return what an amount is of, by one row in plain words."""
    amounts = described.amounts
    assert amounts is not None
    if amounts.sample is not None:
        return amounts.sentence
    prices = [row["price"] for row in described.rows if row["price"] and not row["rejected"]]
    shown = f", such as {float(prices[0]):,.2f}" if prices else ""
    return f"Each row counts with its `{amounts.column}`{shown}: {amounts.decided}."


def _print_types(console: Any, event_types: Any) -> None:
    from rich.table import Table
    from rich.text import Text

    if not event_types:
        return
    console.print("\nThe event types that it has:")
    grid = Table(box=None, pad_edge=False, header_style="dim")
    grid.add_column("Theirs")
    grid.add_column("Rows", justify="right")
    grid.add_column("Ours")
    for entry in event_types:
        ours = entry.proposal or "unknown: rejected unless the file says what it is"
        grid.add_row(Text(printable(entry.value)), f"{entry.rows:,}", ours)
    console.print(grid)


def _print_unused(console: Any, reasons: Any) -> None:
    from rich.table import Table
    from rich.text import Text

    if not reasons:
        return
    grid = Table(box=None, pad_edge=False, header_style="dim")
    grid.add_column("Not used")
    grid.add_column("Why")
    for column, reason in reasons.items():
        grid.add_row(Text(printable(column)), Text(printable(reason)))
    console.print()
    console.print(grid)


def _first_rows(rows: Any) -> Any:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, show_header=False, expand=True)
    grid.add_column(style="dim", min_width=max(map(len, rows[0])))
    for _ in rows:
        grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for name in rows[0]:
        values = [row[name] for row in rows]
        if any(value is not None for value in values):
            grid.add_row(name, *(Text("" if v is None else printable(str(v))) for v in values))
    return grid


def _write_text(path: Path, text: str) -> None:
    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")
