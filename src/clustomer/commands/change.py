"""`clustomer change`: why revenue changed from one period to another."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from clustomer.commands.messages import print_json, progress_for
from clustomer.commands.options import Json, Quiet, ResultsFolder
from clustomer.errors import InputError, UsageError

if TYPE_CHECKING:
    from clustomer.customers import Reason
    from clustomer.history import Period, PeriodChange
    from clustomer.progress import Progress
    from clustomer.versions import StoredRun


def change(
    results: ResultsFolder,
    before: Annotated[
        str | None,
        typer.Argument(
            metavar="BEFORE",
            help="The earlier period: a year (2011), a quarter (2011-Q4), a month (2011-11), a day "
            "(2011-11-05), or from one to another (2011-10..2011-12).",
            show_default="the last whole period of the report but one",
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Argument(
            metavar="AFTER",
            help="The later period, in the same way.",
            show_default="the last whole period of the report",
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Tell why revenue changed from one period to another.

    The parts are what the customers of each segment did, and how many they were; they add up to
    the change to the cent, and what chance may have made is called that.
    """
    from clustomer.versions import StoredRun

    stored = StoredRun.open(results)
    if before is not None and after is None:
        raise UsageError(
            f"One period was given, {before!r}; two were expected. Give the earlier one and then "
            "the later one, as in 2010-11 2011-11; or none, for the last two of the report."
        )
    made = _compared(stored, before, after, progress_for(quiet))
    if as_json:
        print_json(_as_object(made))
    elif not quiet:
        _print(stored, made)


def _compared(
    stored: "StoredRun", before: str | None, after: str | None, progress: "Progress"
) -> "PeriodChange":
    from clustomer.customers import Reason
    from clustomer.history import compare_periods
    from clustomer.versions import stored_events

    stored.check()
    with stored_events(stored, "periods are compared") as events:
        periods = (before, after) if before and after else _latest(stored)
        with progress.stage("Compare the two periods"):
            made = compare_periods(events, stored.segmentation, *periods)
    if isinstance(made, Reason):
        raise InputError(_why_not(made))
    return made


def _latest(stored: "StoredRun") -> "tuple[Period, Period]":
    """Return the last two whole periods of the report."""
    from clustomer.history import calendar_of

    complete = [period for period in calendar_of(stored.window).periods if period.complete]
    if len(complete) < 2:
        raise InputError(
            "The log has no two whole periods one after the other. Name two periods, the earlier "
            "one first, as in `clustomer change RESULTS 2024-01-01 2024-01-02`."
        )
    return complete[-2], complete[-1]


def _why_not(reason: "Reason") -> str:
    match reason.kind:
        case "short log":
            return (
                f"The log has {reason.numbers['days']:g} days before the first period; "
                f"{reason.numbers['least']} were expected, to know who was in which segment. Take "
                "a later first period."
            )
        case "no revenue":
            return (
                "The events have no prices, so there is no revenue to compare. Run `clustomer run` "
                "on a log that has them."
            )
    return "In one of the two periods there were no customers. Take others."


def _as_object(made: "PeriodChange") -> dict[str, Any]:
    from clustomer.history import change_table

    change = made.change
    return {
        **{
            name: {
                "start": period.start.isoformat(),
                "end": period.end.isoformat(),
                "revenue": float(revenue),
            }
            for name, period, revenue in (
                ("before", made.before, change.before),
                ("after", made.after, change.after),
            )
        },
        "days_before": made.days,
        "change": float(change.amount),
        "error": change.error,
        "surely": change.surely,
        "parts": change_table(change).slice(3).to_pylist(),
    }


def _print(stored: "StoredRun", made: "PeriodChange") -> None:
    from rich.console import Console

    from clustomer.insights import Facts
    from clustomer.insights.blocks import inside
    from clustomer.insights.chapters.over_time import NO_NEWCOMER
    from clustomer.insights.chapters.revenue_change import period_blocks, period_facts
    from clustomer.outputs.terminal_blocks import TerminalBlocks

    names = {part.segment_id: part.segment for part in stored.manifest.segments}
    days = stored.window.days
    intake = [fact for fact in stored.facts.values() if fact.id == NO_NEWCOMER]
    facts = Facts([*period_facts(made, days), *intake], currency=stored.manifest.settings.currency)
    console = Console()
    plain = not console.encoding.lower().startswith("utf")
    blocks = TerminalBlocks(facts, console.width, plain)
    for block in period_blocks(made, names, days, one_intake=bool(intake)):
        for shown in inside(block) or (block,):
            console.print(blocks.show(shown))
            console.print()
