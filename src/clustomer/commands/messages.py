"""What commands say in the same way: progress, JSON, the schema that was taken."""

import json
from typing import TYPE_CHECKING, Any

import typer

from clustomer.printable import printable, printable_json

if TYPE_CHECKING:
    from clustomer.events import Events
    from clustomer.progress import Progress
    from clustomer.versions import Results


def progress_for(quiet: bool) -> "Progress":
    """Return a progress that speaks on standard error, or a silent one."""
    from clustomer.progress import on_terminal, silent

    return silent() if quiet else on_terminal()


def say(text: str, *, err: bool = False) -> None:
    """Print a line, in which nothing that comes from data controls the terminal."""
    typer.echo(printable(text), err=err)


def print_json(content: Any) -> None:
    """Print one object on standard output."""
    text = json.dumps(content, ensure_ascii=False, indent=2, default=str)
    typer.echo(printable_json(text))


def say_narrative_dropped(before: "Results", after: "Results") -> None:
    """Say that a narrative was not taken into a new version, where that is so."""
    if before.manifest.get("narrative") and not after.manifest.get("narrative"):
        say(
            "The narrative that was kept is not in this version: what the model wrote cannot be "
            "said with what is in the results now. Write it again with clustomer insights --save.",
            err=True,
        )


def announce_schema(name: str, detected: bool) -> None:
    """Say which schema was taken, and why."""
    how = "detected from the columns; --schema chooses another" if detected else "as asked for"
    say(f"Schema: {name} ({how})", err=True)


def announce_reading(events: "Events") -> None:
    """Say what was decided about how the source's values are read."""
    for sentence in events.readings.to_say:
        say(sentence, err=True)


def announce_warnings(events: "Events") -> None:
    """Say what was lost on the way in, and what may be no customer."""
    for sentence in events.warnings:
        say(f"Warning: {sentence}", err=True)


def announce_configuration(context: typer.Context) -> None:
    """Say which options came from a file, and which of them the command line overrides."""
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
    say(text, err=True)
