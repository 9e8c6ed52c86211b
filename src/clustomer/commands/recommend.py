"""`clustomer recommend`: products for every customer."""

from pathlib import Path
from typing import Annotated, Any

import typer

from clustomer.commands.messages import print_json, progress_for, say_narrative_dropped
from clustomer.commands.options import Json, Quiet
from clustomer.commands.paths import shown


def recommend(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="A results folder that `clustomer run` wrote.",
            show_default=False,
        ),
    ],
    top: Annotated[
        int,
        typer.Option("--top", metavar="NUMBER", min=1, max=100, help="Products on each list."),
    ] = 10,
    way: Annotated[
        str | None,
        typer.Option(
            "--way",
            metavar="NAME",
            help='The way to recommend: popularity, "segment popularity", cosine, bm25, als, '
            "vsknn or tifuknn.",
            show_default="what the contest shows to be best",
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Recommend products to every customer, in a new version of the results.

    Ways to recommend compete on the log: one stretch of time chooses, a later one judges. Nothing
    is clustered again.
    """
    from clustomer.editions import recommend as recommend_products
    from clustomer.versions import Results

    before = Results.open(results)
    made = recommend_products(results, top=top, way=way, progress=progress_for(quiet))
    if not quiet:
        say_narrative_dropped(before, made)
    if as_json:
        print_json(_as_object(made.path))
    elif not quiet:
        _print(made.path)


def _as_object(path: Path) -> dict[str, Any]:
    from clustomer.versions import StoredRun

    stored = StoredRun.open(path)
    assert stored.recommendations is not None
    return {
        "results": str(path),
        "version": stored.manifest.version,
        "recommendations": str(path / "recommendations.csv"),
        "report": str(path / "reports" / "report.html"),
        **stored.recommendations.to_json(),
    }


def _print(path: Path) -> None:
    from rich.console import Console

    from clustomer.insights.chapters.recommended import Recommended
    from clustomer.outputs.terminal import print_section
    from clustomer.versions import StoredRun

    stored = StoredRun.open(path)
    interpretation = stored.interpret()
    title = Recommended.title
    console = Console()
    print_section(console, interpretation.insights, interpretation.facts, title)
    console.print(f"Lists: {shown(path) / 'recommendations.csv'}", highlight=False, soft_wrap=True)
    console.print(
        f"Report: {shown(path) / 'reports' / 'report.html'}", highlight=False, soft_wrap=True
    )
