"""The command line: parse, call, print.

Heavy modules are imported by the command that needs them, so that help is instant.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from clustomer.errors import ClustomerError, OutputError, UsageError
from clustomer.unfinished import undone_if_stopped

if TYPE_CHECKING:
    from clustomer.events import Cleaning
    from clustomer.pipeline import Run
    from clustomer.progress import Progress

NO_STRUCTURE = 5

app = typer.Typer(
    name="clustomer",
    help="From a shop's event log to customer segments that prove themselves.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="The event log: SQLite, DuckDB, CSV, TSV, JSON Lines (also .gz, .zst) or Parquet; a "
        "glob in quotes; a folder of Parquet; or postgresql://user@host/database.",
        show_default=False,
    ),
]
Table = Annotated[
    str | None,
    typer.Option(
        help="The table of a database, also as schema.table.", show_default="ecommerce_behavior"
    ),
]
Schema = Annotated[
    str | None,
    typer.Option(
        help="How to read the columns: a preset (rees46, order-lines, transactions, retailrocket, "
        "taobao, shopify, woocommerce, ga4), or a TOML file that `clustomer schema` wrote.",
        show_default="detected from the columns",
    ),
]
IdMap = Annotated[
    str | None,
    typer.Option(
        "--id-map",
        metavar="FILE",
        help="Several ids, one customer: CSV or Parquet with the columns id and customer.",
        show_default="none",
    ),
]
Cutoff = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="Only events before this date count, for example 2011-09-01.",
        show_default="just after the last plausible event",
    ),
]
Length = Annotated[
    str | None,
    typer.Option(
        "--window",
        metavar="LENGTH",
        help="Only events in this length of time before the cutoff count, for example 90d or 12w.",
        show_default="the whole log",
    ),
]
TimeZone = Annotated[
    str,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="The shop's clock, for nights, weekends and days, for example Europe/London.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def _configure(context: typer.Context, path: Path | None) -> None:
    """Let a file give what the command line leaves out."""
    from clustomer.configuration import FILE_NAME, read_configuration

    if path is None:
        path = Path(FILE_NAME)
        if not path.is_file():
            return
    names = {
        _option_name(parameter): str(parameter.name)
        for parameter in context.command.params
        if parameter.name not in {"config", "help"}
    }
    given = read_configuration(path, names)
    context.default_map = {names[option]: value for option, value in given.items()}
    context.meta["configuration"] = (path, {names[option]: option for option in given})


def _option_name(parameter: Any) -> str:
    longest = max(parameter.opts, key=len)
    return str(longest).lstrip("-").replace("-", "_")


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        is_eager=True,
        callback=_configure,
        help="A TOML file with any of these options; the command line wins.",
        show_default="clustomer.toml in this folder, where there is one",
    ),
]


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"clustomer {version('clustomer')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


@app.command()
def run(
    context: typer.Context,
    source: Source,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The results folder.")] = Path(
        "clustomer-results"
    ),
    table: Table = None,
    schema: Schema = None,
    id_map: IdMap = None,
    cutoff: Cutoff = None,
    window: Length = None,
    time_zone: TimeZone = "UTC",
    algorithm: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="kmeans, ward (hierarchical), gmm (Gaussian mixture), dbscan and hdbscan find "
            "segments in the data; rfm gives the ten classic named ones by recency and frequency "
            "of orders.",
        ),
    ] = "kmeans",
    k: Annotated[str, typer.Option("--k", metavar="auto|N", help="How many segments.")] = "auto",
    k_range: Annotated[
        str, typer.Option(metavar="LOW:HIGH", help="The numbers of segments to compare.")
    ] = "2:10",
    features: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="The features to cluster by, separated by commas, the most important first.",
            show_default="about a dozen; see the reference of features",
        ),
    ] = None,
    attributes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="What else is known of customers, such as country or channel: CSV or Parquet, a "
            "row for each. It is described, and never used to find segments.",
            show_default="none",
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare",
            help="Fit every algorithm on the same features, and show them side by side.",
        ),
    ] = False,
    certificates: Annotated[
        bool,
        typer.Option(
            "--certificates/--no-certificates",
            help="Test whether the segments are stable, real, predictive and usable.",
        ),
    ] = True,
    holdout: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Test the segments by what customers did from this date on.",
            show_default="the last third of the window",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Deliver segments even where no structure is found, with a warning on every page.",
        ),
    ] = False,
    events: Annotated[
        bool, typer.Option("--events/--no-events", help="Store the clean events, too.")
    ] = True,
    currency: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="How to print money: EUR, GBP, $, ...", show_default="none"
        ),
    ] = None,
    margin: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Share of revenue that is left after the cost of goods, 0 to 1."
        ),
    ] = 0.3,
    cost: Annotated[
        float, typer.Option(min=0, help="Cost of contacting one customer, in the shop's currency.")
    ] = 0.5,
    config: Config = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same results.")] = 0,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Segment a shop's customers and write the report.

    Exit codes: 0 done, 2 usage, 3 input, 4 output, 5 done but no structure found
    (complete results with one segment), 130 interrupted, 143 ended by the
    system.
    """
    from clustomer.pipeline import Settings
    from clustomer.pipeline import run as run_pipeline

    settings = Settings(
        table=table,
        schema=schema,
        id_map=id_map,
        cutoff=cutoff,
        window=window,
        time_zone=time_zone,
        algorithm=algorithm,
        k=_k(k),
        k_range=_k_range(k_range),
        features=_names(features),
        attributes=attributes,
        compare=compare,
        certificates=certificates,
        holdout=holdout,
        force=force,
        currency=currency,
        margin=margin,
        cost=cost,
        keep_events=events,
        random_state=seed,
    )
    progress = _progress(quiet)
    if not quiet:
        _announce_configuration(context)
    done = run_pipeline(source, out, settings=settings, progress=progress)
    if as_json:
        _print_json(_run_object(done))
    elif not quiet:
        _print_run(done, out)
    if not done.segmentation.structure:
        raise typer.Exit(NO_STRUCTURE)


@app.command()
def check(
    source: Source,
    table: Table = None,
    schema: Schema = None,
    id_map: IdMap = None,
    cutoff: Cutoff = None,
    window: Length = None,
    time_zone: TimeZone = "UTC",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Read and clean a source, and print what was kept, repaired and rejected."""
    from clustomer.events import read_events

    events = read_events(
        source,
        table=table,
        schema=schema,
        id_map=id_map,
        cutoff=cutoff,
        window=window,
        time_zone=time_zone,
        progress=_progress(quiet),
    )
    cleaning = events.cleaning
    if as_json:
        _print_json(
            {
                "source": events.source,
                "schema": events.schema.name,
                "rows": cleaning.rows,
                "kept": cleaning.kept,
                "rejected": cleaning.rejected,
                "rules": cleaning.table.to_pylist(),
                "unknown_event_types": dict(cleaning.unknown_event_types),
                "ignored_event_types": dict(cleaning.ignored_event_types),
                "mapped_ids": cleaning.mapped_ids,
                "window": events.window.to_json(),
            }
        )
    elif not quiet:
        _announce(events.schema.name, events.detected)
        _print_cleaning(cleaning)
    events.close()


@app.command("schema")
def show_schema(
    source: Source,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to write the TOML file.", show_default="not written"
        ),
    ] = None,
    schema: Schema = None,
    table: Table = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
    as_json: Json = False,
) -> None:
    """Show how a source's columns are understood, with five rows; write a TOML file to edit."""
    from clustomer.events import describe_source

    if out is not None and out.exists() and not overwrite:
        raise OutputError(f"{out} exists already. Name another file, or pass --overwrite.")
    described = describe_source(source, table=table, schema=schema)
    if out is not None:
        _write_text(out, described.schema.to_toml())
    if as_json:
        _print_json(
            {
                "source": described.source,
                "columns": described.columns,
                "schema": described.schema.model_dump(exclude_none=True),
                "known": described.known,
                "rows": described.rows,
            }
        )
    else:
        _print_schema(described)
    if out is not None:
        from clustomer.engines import without_password

        shown = without_password(source)
        typer.echo(f"Written: {out}. Edit it, then: clustomer run {shown} --schema {out}", err=True)


@app.command()
def rename(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="A results folder that `clustomer run` wrote.",
            show_default=False,
        ),
    ],
    segment_id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The segment's id, such as S2 or champions.", show_default=False
        ),
    ],
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="What you call the segment.", show_default=False),
    ],
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Give a segment a name of your own, in a new version of the results.

    Report, figures and tables are written anew with the name, marked as given by you; nothing
    is clustered again. The program's own name takes the mark away.
    """
    from clustomer.renaming import rename as rename_segment

    with _progress(quiet).stage("Write the results with the new name"):
        found = rename_segment(results, segment_id, name)
    entries = {part["segment_id"]: part for part in found.manifest["segments"]}
    entry = entries[segment_id]
    if as_json:
        _print_json({"results": str(found.path), "version": found.manifest["version"], **entry})
    elif not quiet:
        own = f' (own name: "{entry["own_name"]}")' if entry["own_name"] else ""
        typer.echo(f'Segment {segment_id} is now called "{entry["segment"]}"{own}.')
        typer.echo(f"Report: {found.path / 'reports' / 'report.html'}")


@app.command()
def simulate(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Where to write the log: .db or .sqlite, .csv, .csv.gz, or .parquet. The truth "
            "goes beside it, as <name>.truth.csv.",
            show_default=False,
        ),
    ],
    events: Annotated[int, typer.Option(help="Rows of the log.")] = 1_000_000,
    customers: Annotated[
        int | None,
        typer.Option(
            help="Customers.", show_default="one for every 35 events; for every 7 in under a week"
        ),
    ] = None,
    days: Annotated[
        int, typer.Option(help="Days that the log spans. Some kinds of customers need weeks.")
    ] = 150,
    dirt: Annotated[
        float,
        typer.Option(help="Scales the rates of flaws; 0 gives a clean log, typed where Parquet."),
    ] = 1.0,
    no_structure: Annotated[
        bool,
        typer.Option("--no-structure", help="One population without segments, for comparison."),
    ] = False,
    drift: Annotated[
        float,
        typer.Option(
            help="0 to 1: how strongly everyone buys less and prices rise as time goes by."
        ),
    ] = 0.0,
    migration: Annotated[
        float,
        typer.Option(
            help="0 to 1: share of the customers who change their kind once; the truth says when."
        ),
    ] = 0.0,
    tastes: Annotated[
        bool,
        typer.Option(
            "--tastes", help="Give each customer one of 8 tastes in products; the truth says which."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shop.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the files.")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write the log of a simulated shop whose true customer segments are known."""
    from clustomer.simulate import simulate as simulate_shop

    passed = 0

    def count(rows: int) -> None:
        nonlocal passed
        passed += rows

    def fraction() -> float:
        return passed / (2 * events)

    with _progress(quiet).stage(f"Simulate {events:,} events", fraction):
        made = simulate_shop(
            out,
            events=events,
            customers=customers,
            days=days,
            dirt=dirt,
            structure="none" if no_structure else "kinds",
            drift=drift,
            migration=migration,
            tastes=tastes,
            random_state=seed,
            overwrite=overwrite,
            on_rows=count,
        )
    found: dict[str, Any] = {
        "log": str(made.path),
        "truth": str(made.truth_path),
        "events": made.events,
        "customers": made.customers,
        "segments": dict(made.segments),
        "dirt": dict(made.dirt),
        "structure": made.structure,
        "drift": dict(made.drift),
        "movers": made.movers,
        "tastes": made.tastes,
    }
    if as_json:
        _print_json(found)
    elif not quiet:
        typer.echo(f"{made.events:,} events of {made.customers:,} customers: {made.path}")
        typer.echo(f"Who they truly are: {made.truth_path}")


def _k(text: str) -> Any:
    if text.strip().lower() == "auto":
        return "auto"
    try:
        return int(text)
    except ValueError:
        raise UsageError(
            f"--k is {text!r}. Expected a whole number of segments, such as 4, or auto."
        ) from None


def _k_range(text: str) -> tuple[int, int]:
    low, colon, high = text.partition(":")
    try:
        if not colon:
            raise ValueError
        return int(low), int(high)
    except ValueError:
        raise UsageError(
            f"--k-range is {text!r}. Expected the lowest and the highest number of segments, "
            "such as 2:10."
        ) from None


def _names(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _progress(quiet: bool) -> "Progress":
    from clustomer.progress import on_terminal, silent

    return silent() if quiet else on_terminal()


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2, default=str))


def _run_object(done: "Run") -> dict[str, Any]:
    manifest = done.results.manifest
    return {
        "results": str(done.results.path),
        "report": str(done.results.path / "reports" / "report.html"),
        **{key: manifest[key] for key in manifest if key != "files"},
        "selection": {
            "k": done.segmentation.k,
            "reason": done.segmentation.selection.reason,
        },
    }


def _print_run(done: "Run", out: Path) -> None:
    from rich.console import Console

    from clustomer.outputs.terminal import print_summary

    events = done.events
    _announce(events.schema.name, events.detected)
    print_summary(
        Console(),
        done.interpretation.insights,
        done.interpretation.facts,
        events=events.cleaning.used,
        window=events.window,
        cleaning=events.cleaning.table,
        report=out / "latest" / "reports" / "report.html",
    )


def _announce_configuration(context: typer.Context) -> None:
    if "configuration" not in context.meta:
        return
    path, options = context.meta["configuration"]
    overridden = [
        option
        for name, option in options.items()
        if context.get_parameter_source(name).name == "COMMANDLINE"  # type: ignore[union-attr]
    ]
    text = f"Options from {path}: {', '.join(options.values()) or 'none'}"
    if overridden:
        text += f". The command line overrides: {', '.join(overridden)}"
    typer.echo(text, err=True)


def _announce(name: str, detected: bool) -> None:
    how = "detected from the columns; --schema chooses another" if detected else "as asked for"
    typer.echo(f"Schema: {name} ({how})", err=True)


def _print_cleaning(cleaning: "Cleaning") -> None:
    from rich.console import Console
    from rich.table import Table as Grid

    from clustomer.events import KEPT, REJECTIONS, REPAIRS

    words = {**KEPT, **REPAIRS, **REJECTIONS}
    grid = Grid(box=None, pad_edge=False, header_style="dim")
    for title, side in (("Action", "left"), ("Rows", "right"), ("Share", "right")):
        grid.add_column(title, justify=side)  # type: ignore[arg-type]
    grid.add_column("Rule")
    grid.add_column("What it means")
    for rule, action, rows in cleaning.rules:
        if rows:
            share = rows / cleaning.rows
            grid.add_row(action, f"{rows:,}", f"{share:.2%}", rule, words[rule])
    console = Console()
    console.print(grid)
    for title, types in (
        ("Unknown", cleaning.unknown_event_types),
        ("Ignored", cleaning.ignored_event_types),
    ):
        if types:
            listed = ", ".join(f"{kind!r} ({rows:,})" for kind, rows in types)
            console.print(f"{title} event types: {listed}", markup=False, highlight=False)
    if cleaning.mapped_ids:
        console.print(f"Ids that the map replaced: {cleaning.mapped_ids:,}", highlight=False)
    console.print(
        f"{cleaning.rows:,} rows = {cleaning.kept:,} kept + {cleaning.rejected:,} rejected",
        highlight=False,
    )


def _print_schema(described: Any) -> None:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    console = Console()
    typer.echo(f"Source: {described.source}")
    if described.known:
        typer.echo(f"Schema: {described.schema.name}, detected from the columns")
    else:
        typer.echo("No known kind of source: this is a guess. Write it with --out and edit it.")
    mapping = Grid(box=None, pad_edge=False, header_style="dim")
    mapping.add_column("Our column")
    mapping.add_column("Theirs")
    for ours, theirs in described.schema.columns.items():
        mapping.add_row(ours, Text(theirs))
    console.print(mapping)
    further = described.schema.model_dump(
        exclude_defaults=True, exclude={"name", "columns", "event_types"}
    )
    for setting, value in further.items():
        words = ", ".join(value) if isinstance(value, tuple) else value
        console.print(Text(f"{setting}: {words}"))
    if described.unused:
        console.print(Text("Not used: " + ", ".join(described.unused)))
    if described.rows:
        console.print("\nThe first rows, as they will be understood:")
        rows = Grid(box=None, pad_edge=False, show_header=False, expand=True)
        rows.add_column(style="dim", min_width=max(map(len, described.rows[0])))
        for _ in described.rows:
            rows.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for name in described.rows[0]:
            values = [row[name] for row in described.rows]
            if any(value is not None for value in values):
                rows.add_row(name, *(Text("" if v is None else str(v)) for v in values))
        console.print(rows)


def _write_text(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.partial")
    with undone_if_stopped(lambda: aside.unlink(missing_ok=True)):
        try:
            aside.write_text(text, encoding="utf-8", newline="\n")
            os.replace(aside, path)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise OutputError(
                f"{path} cannot be written: {error.strerror}. Name another file with --out."
            ) from error


def main() -> NoReturn:
    """Run the command line; every known error becomes one message and its exit code."""
    try:
        app()
    except ClustomerError as error:
        typer.echo(f"clustomer: {error}", err=True)
        sys.exit(error.exit_code)
    sys.exit(0)
