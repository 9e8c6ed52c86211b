"""`clustomer pdf`: the report as PDF, or one page of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustomer.commands.messages import print_json, progress_for, say
from clustomer.commands.options import Json, Overwrite, Quiet, ResultsFolder
from clustomer.unfinished import check_free, whole_file

if TYPE_CHECKING:
    from clustomer.versions import StoredRun

_REPORT, _SUMMARY = "reports/report.html", "reports/summary.html"


def pdf(
    results: ResultsFolder,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The PDF.", show_default=False)
    ],
    one_page: Annotated[
        bool,
        typer.Option("--one-page", help="The summary on one page of A4, in place of the report."),
    ] = False,
    unfolded: Annotated[
        bool,
        typer.Option("--unfolded", help="Print what is folded in the report, too: all tests."),
    ] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Print the report as PDF, or its summary of one page.

    It is made of the page that the run wrote, whose hash is checked first. Takes the extra pdf.
    """
    from clustomer.outputs.pdf import pdf_of
    from clustomer.versions import StoredRun

    check_free(out, overwrite)
    stored = StoredRun.open(results)
    stored.check()
    with progress_for(quiet).stage("Print the report"):
        html = _summary(stored) if one_page else _page(stored, _REPORT)
        content = pdf_of(html, numbered=not one_page, unfolded=unfolded)
        with whole_file(out) as aside:
            aside.write_bytes(content)
    if as_json:
        print_json({"version": stored.manifest.version, "out": str(out), "bytes": len(content)})
    elif not quiet:
        say(f"Written: {out} ({len(content):,} bytes)")


def _page(stored: "StoredRun", name: str) -> str:
    return stored.file(name).read_text(encoding="utf-8")


def _summary(stored: "StoredRun") -> str:
    """Return the summary of one page: that of the run, or one made now."""
    if stored.has(_SUMMARY):
        return _page(stored, _SUMMARY)
    from clustomer.outputs import draw_figures
    from clustomer.outputs.report import summary_html

    made = stored.interpret()
    figures = draw_figures(made, stored.segmentation)
    return summary_html(made.insights, made.facts, figures)
