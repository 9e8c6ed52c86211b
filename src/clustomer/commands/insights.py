"""`clustomer insights`: what results mean in prose, by the program or by a language model."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clustomer.commands.exit_codes import ALARM
from clustomer.commands.messages import print_json, progress_for, say
from clustomer.commands.options import Json, Overwrite, Quiet, ResultsFolder
from clustomer.commands.paths import shown
from clustomer.errors import InputError, UsageError, did_you_mean, first_line
from clustomer.unfinished import check_free, whole_file

if TYPE_CHECKING:
    from clustomer.narrative import Catalogue, Narrative
    from clustomer.versions import Results, StoredRun


def insights(
    results: ResultsFolder,
    llm: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A server with OpenAI's chat completions, such as http://localhost:11434/v1. The "
            "only place to which anything is sent; the key is taken from CLUSTOMER_LLM_KEY.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The model, by its name there.", show_default=False),
    ] = None,
    ask: Annotated[
        str | None,
        typer.Option(
            metavar="QUESTION",
            help="Answer this question, in place of a narrative of everything.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Check the prose in this file instead: what of it is proven, false or unknown.",
            show_default=False,
        ),
    ] = None,
    reader: Annotated[
        str, typer.Option(metavar="WHO", help="For whom: owner, marketer or analyst.")
    ] = "owner",
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to wait for an answer.")
    ] = 120.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print exactly what would be sent, and send nothing.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the text into this Markdown file.", show_default=False
        ),
    ] = None,
    save: Annotated[
        bool,
        typer.Option(
            "--save",
            help="Keep it in a new version of the results, as reports/narrative.md, where "
            "dashboard, agents and `clustomer verify` find it.",
        ),
    ] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say what results mean: a summary, a portrait of each segment, drafts of campaigns.

    Without --llm it is the report's own text. A model may choose and arrange, and not invent:
    numbers, names and comparisons are put in by the program, and an answer with one sentence that
    the results do not bear out is refused. With --check, exit code 6 where a statement is not
    proven.
    """
    from clustomer.narrative import (
        READERS,
        Server,
        catalogue_of,
        narrate,
        narrative_markdown,
        request_of,
    )
    from clustomer.versions import StoredRun

    if reader not in READERS:
        raise UsageError(f"There is no reader {reader!r:.40}. {did_you_mean(reader, READERS)}")
    if (llm is None) != (model is None) and not dry_run:
        raise UsageError(
            "--llm and --model belong together: the server, and the name of a model there. Give "
            "both, or neither for the program's own text."
        )
    if save and (ask is not None or check is not None or dry_run):
        raise UsageError(
            "--save keeps a narrative of everything, and goes with none of --ask, --check and "
            "--dry-run. Leave one of them out; an answer is kept by --out."
        )
    check_free(out, overwrite)
    server = Server(llm, wait) if llm is not None else None
    stored = StoredRun.open(results)
    stored.check()
    if save:
        stored.root  # noqa: B018  a version that is in no results folder is refused at once
    catalogue = catalogue_of(stored)
    if check is not None:
        _check(check, catalogue, as_json, quiet)
        return
    if dry_run:
        print_json(request_of(catalogue, model or "", reader=reader, question=ask))  # type: ignore[arg-type]
        return
    narrative = narrate(
        catalogue,
        server=server,
        model=model or "",
        reader=reader,  # type: ignore[arg-type]
        question=ask,
    )
    if out is not None:
        with whole_file(out) as aside:
            aside.write_text(narrative_markdown(narrative), encoding="utf-8", newline="\n")
    kept = _kept(stored, narrative, quiet) if save else None
    if as_json:
        place = {} if kept is None else {"results": str(kept.path)}
        version = {} if kept is None else {"version": kept.manifest["version"]}
        print_json({**narrative.to_json(), **place, **version})
    elif not quiet:
        _print(narrative)
        if kept is not None:
            say(f"Kept: {shown(kept.path) / 'reports' / 'narrative.md'}")


def _kept(stored: "StoredRun", narrative: "Narrative", quiet: bool) -> "Results":
    from clustomer.editions import keep_narrative

    with progress_for(quiet).stage("Write the results with the narrative"):
        return keep_narrative(stored, narrative)


def _check(path: Path, catalogue: "Catalogue", as_json: bool, quiet: bool) -> None:
    from clustomer.narrative import check_claims

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {first_line(error)} A text in UTF-8 was expected."
        ) from error
    verdicts = check_claims(text, catalogue)
    if as_json:
        print_json([asdict(verdict) for verdict in verdicts])
    elif not quiet:
        for verdict in verdicts:
            reason = f": {verdict.reason}" if verdict.reason else ""
            typer.echo(f"{verdict.verdict:8} {verdict.said}{reason}")
    if any(verdict.verdict != "proven" for verdict in verdicts):
        raise typer.Exit(ALARM)


def _print(narrative: "Narrative") -> None:
    from rich.console import Console
    from rich.text import Text

    from clustomer.narrative.kept import Passage, passages

    for note in narrative.notes:
        say(note)
    if narrative.outcome == "late":
        say("--wait gives it more time; --ask asks for less. A small machine takes minutes.")
    for problem in narrative.refused:
        say(f"Refused: {problem.sentence[:100]!r}: {problem.reason}")
    console = Console()
    written = passages(narrative)
    if not narrative.parts.summary and not written[0].texts:
        written = [Passage("", ("The results do not hold the answer to this question.",))]
    for passage in written:
        if passage.title:
            console.print(Text(passage.title, style="bold"))
        for text in narrative.rendered(passage.texts):
            console.print(Text(text))
        console.print()
