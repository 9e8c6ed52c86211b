"""`clustomer rename`: a segment's name of the user's own."""

from pathlib import Path
from typing import Annotated

import typer

from clustomer.commands.messages import print_json, progress_for, say, say_narrative_dropped
from clustomer.commands.options import Json, Quiet
from clustomer.commands.paths import shown


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
    from clustomer.editions import rename as rename_segment
    from clustomer.versions import Results

    before = Results.open(results)
    with progress_for(quiet).stage("Write the results with the new name"):
        renamed = rename_segment(results, segment_id, name)
    if not quiet:
        say_narrative_dropped(before, renamed)
    entries = {part["segment_id"]: part for part in renamed.manifest["segments"]}
    entry = entries[segment_id]
    if as_json:
        print_json({"results": str(renamed.path), "version": renamed.manifest["version"], **entry})
    elif not quiet:
        program_name = f' (own name: "{entry["own_name"]}")' if entry["own_name"] else ""
        say(f'Segment {segment_id} is now called "{entry["segment"]}"{program_name}.')
        say(f"Report: {shown(renamed.path) / 'reports' / 'report.html'}")
