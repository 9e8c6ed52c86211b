"""`clustomer certify`: groups that somebody else made, put to the same tests."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustomer.commands.exit_codes import NO_STRUCTURE
from clustomer.commands.messages import (
    announce_reading,
    announce_schema,
    announce_warnings,
    print_json,
    progress_for,
    say,
)
from clustomer.commands.options import Json, Overwrite, Quiet, Source, with_settings
from clustomer.settings import MACHINE, READING, Settings
from clustomer.unfinished import check_free

if TYPE_CHECKING:
    from clustomer.given_labels import CertifiedLabels


@with_settings(*READING, MACHINE)
def certify(
    source: Source,
    labels: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="The groups: CSV or Parquet with the columns user_id and segment.",
            show_default=False,
        ),
    ],
    settings: Settings,
    holdout: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Test the segments by what customers did from this date on.",
            show_default="the last third of the window",
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="RESULTS",
            help="Set the segments of these results beside the groups: which tells more.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write what was found here.", show_default=False),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Certify groups of customers that somebody else made: do they tell what customers do next?

    Exit codes: 0 done, 2 usage, 3 input, 4 output, 5 done but the groups tell nothing.
    """
    from clustomer.engines import DuckDB, check_memory, memory_of_engine
    from clustomer.given_labels import certify_labels, write_certified

    check_free(out, overwrite)
    check_memory(settings.memory)
    with DuckDB(memory=memory_of_engine(settings.memory)) as engine:
        certified = certify_labels(
            source,
            str(labels),
            date=holdout,
            against=against,
            engine=engine,
            progress=progress_for(quiet),
            **settings.reading(),
        )
    if out is not None:
        write_certified(certified, out, overwrite=overwrite)
    if as_json:
        print_json({**certified.to_json(), "out": None if out is None else str(out)})
    elif not quiet:
        _print(certified, out)
    if certified.verdict == "none":
        raise typer.Exit(NO_STRUCTURE)


def _print(certified: "CertifiedLabels", out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    events = certified.events
    announce_schema(events.schema.name, events.detected)
    announce_reading(events)
    announce_warnings(events)
    grid = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Id", "Group", "By its numbers"):
        grid.add_column(title, overflow="fold")
    for title in ("Customers", "Revenue", "Buys later", "Tells", "Usable"):
        grid.add_column(title, justify="right", no_wrap=True)
    for part in certified.groups:
        certificate = certified.certificates.segments[part["segment_id"]]
        lifts = {lift.outcome: lift.lift.value for lift in certificate.predictive.lifts}
        bought = lifts.get("bought")
        revenue = part["revenue_share"]
        grid.add_row(
            Text(part["segment_id"]),
            Text(part["segment"]),
            Text(part["name"]),
            f"{part['customers']:,}",
            "" if revenue is None else f"{revenue:.1%}",
            "" if bought is None else f"{bought:.2f} ×",
            certificate.predictive.mark,
            certificate.usable.mark,
        )
    Console().print(grid)
    _say_verdict(certified)
    if out is not None:
        say(f"Written: {out}")


def _say_verdict(certified: "CertifiedLabels") -> None:
    from clustomer.insights.chapters.given_words import given_sentences

    for sentence in given_sentences(certified.to_json()):
        say(sentence)
