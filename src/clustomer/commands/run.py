"""`clustomer run`: from an event log to segments and their report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clustomer.commands.exit_codes import NO_STRUCTURE
from clustomer.commands.messages import (
    announce_configuration,
    announce_reading,
    announce_schema,
    announce_warnings,
    print_json,
    progress_for,
)
from clustomer.commands.options import Config, Json, Quiet, Source, with_settings
from clustomer.settings import DEFAULT_OUT, Settings

if TYPE_CHECKING:
    from clustomer.pipeline import Run


@with_settings()
def run(
    context: typer.Context,
    source: Source,
    settings: Settings,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The results folder.")] = Path(
        DEFAULT_OUT
    ),
    config: Config = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Segment a shop's customers and write the report.

    Exit codes: 0 done, 2 usage, 3 input, 4 output, 5 done but no structure found
    (complete results with one segment), 130 interrupted, 143 ended by the
    system.
    """
    from clustomer.pipeline import run as run_pipeline

    progress = progress_for(quiet)
    if not quiet:
        announce_configuration(context)
    done = run_pipeline(source, out, settings=settings, progress=progress)
    if as_json:
        print_json(_as_object(done))
    elif not quiet:
        _print_run(done, out)
    if not done.segmentation.structure:
        raise typer.Exit(NO_STRUCTURE)


def _as_object(done: "Run") -> dict[str, Any]:
    from clustomer.insights import reason_sentence

    manifest = done.results.manifest
    return {
        "results": str(done.results.path),
        "report": str(done.results.path / "reports" / "report.html"),
        **{key: manifest[key] for key in manifest if key != "files"},
        "selection": {
            "k": done.segmentation.k,
            "reason": reason_sentence(done.segmentation.selection.reason),
        },
    }


def _print_run(done: "Run", out: Path) -> None:
    from rich.console import Console

    from clustomer.outputs.terminal import print_summary

    events = done.events
    announce_schema(events.schema.name, events.detected)
    announce_reading(events)
    announce_warnings(events)
    print_summary(
        Console(),
        done.interpretation.insights,
        done.interpretation.facts,
        report=out / "latest" / "reports" / "report.html",
    )
