"""Write the reference pages that are made from the program itself; `--check` only compares."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from clustomer.cli import app
from clustomer.commands.exit_codes import MEANINGS
from clustomer.commands.help import default_of, names_of
from clustomer.customers import FEATURES, MEASURES, SUSPECTED_BOT, Feature
from clustomer.events import COLUMNS, EVENT_TYPES, KEPT, PRESETS, REJECTIONS, REPAIRS
from clustomer.events.cleaning import MAX_GAP_DAYS, MAX_ISOLATED_SHARE
from clustomer.events.sessions import SESSION_MINUTES
from clustomer.events.sources.content import READABLE
from clustomer.events.sources.textual.json_lines import MAX_KEYS
from clustomer.events.sources.textual.lines import MAX_DEPTH, MAX_LINE_BYTES
from clustomer.events.sources.textual.records import MAX_LINES_OF_A_FIELD
from clustomer.insights import RULES
from clustomer.insights.facts import sources
from clustomer.insights.naming import names
from clustomer.insights.naming.definition import scores_in_words
from clustomer.outputs.tables import FORMULAS
from clustomer.segments.rules.rfm_grid import NO_PURCHASE_ID, NO_PURCHASE_NAME, RFM_SEGMENTS
from clustomer.segments.segmentation import BOTS_NAME
from clustomer.thresholds import THRESHOLDS, written
from markdown_page import NOTE, code, fence, grid, html, page
from python_reference import parameters_of, python_page

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference"
FAMILIES = {
    "engagement": ("Engagement", "What customers do, and when."),
    "purchases": ("Orders and money", "What customers order and pay."),
    "assortment": ("Assortment", "Which part of the shop's range customers look at and buy."),
}


def main(arguments: list[str]) -> int:
    """Write every page, or with `--check` return 1 where one is out of date."""
    pages = {FOLDER / name: make() for name, make in PAGES.items()}
    for path in written_by_hand():
        pages[path] = with_thresholds(path.read_text(encoding="utf-8"))
    stale = []
    for path, text in pages.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    if "--check" in arguments and stale:
        print(f"Out of date: {', '.join(stale)}. Run `make docs`.")
        return 1
    return 0


# --- commands ---------------------------------------------------------------------------------


def cli_page() -> str:
    group: Any = typer.main.get_command(app)
    parts = [
        group.help,
        "Progress and messages go to standard error, results to standard output. "
        "`clustomer --version` prints the version; `--help` (`-h`) explains each command.",
        grid(
            ("Command", "What it does"),
            (
                (f"[`clustomer {name}`](#clustomer-{name})", _first(command.help))
                for name, command in group.commands.items()
            ),
        ),
    ]
    for name, command in group.commands.items():
        arguments = [param for param in command.params if not param.opts[0].startswith("-")]
        options = [param for param in command.params if param.opts[0].startswith("-")]
        usage = " ".join(["clustomer", name, "[OPTIONS]", *(param.metavar for param in arguments)])
        parts += [f"## `clustomer {name}`", inspect.cleandoc(command.help), fence("text", usage)]
        parts.append(
            grid(("Argument", "What it is"), ((code(e.metavar), html(e.help)) for e in arguments))
        )
        parts.append(
            grid(
                ("Option", "What it does", "Default"),
                ((_spelling(param), html(param.help), _default(param)) for param in options),
            )
        )
    parts += ["## Exit codes", _exit_codes()]
    return page("Commands", *parts)


def _spelling(option: Any) -> str:
    return ", ".join(map(code, names_of(option)))


def _default(option: Any) -> str:
    words = default_of(option) or "off"
    return words if " " in words or words in ("none", "off") else code(words)


def _exit_codes() -> str:
    return grid(("Code", "Meaning"), ((str(code), what) for code, what in MEANINGS.items()))


# --- features ---------------------------------------------------------------------------------


def features_page() -> str:
    default = [feature for feature in FEATURES if feature.clustering]
    parts = [
        f"{len(FEATURES)} features, one column each in `customers.parquet`. The definitions on "
        "this page are those that run: the page is made from them. Why they are made so is told "
        "in [Features: why windows, logs and shrinkage](../explanation/features.md).",
        "A feature whose needs a source does not meet drops out, and the run says so. What a "
        "customer *without a value* gets counts in the clustering only: in the table the value "
        "stays NULL.",
        "What a feature needs is a known column or an event type that occurs; `category` is an id "
        "or a code, `visit` any event but purchases and returns, `time of day` any time that is "
        "not midnight.",
        "## The default clustering set",
        "In the order of priority: of two features that are nearly copies of one another "
        "(correlation of 0.95 or more) the earlier one stays. `--features` chooses others.",
        "\n".join(f"{i}. [`{f.name}`](#{f.name}): {f.label}" for i, f in enumerate(default, 1)),
    ]
    for family, (title, what) in FAMILIES.items():
        expected = [feature for feature in FEATURES if feature.family == family]
        parts += [f"## {title}", what]
        parts += [_feature(feature) for feature in expected]
    parts += ["## Rates", _rates(), "## Measures", _measures(), "## Suspected bots", _bots()]
    return page("Features", *parts)


def _feature(feature: Feature) -> str:
    where = "measures" if feature.grain == "customer" else f"the rows of one grain: {feature.grain}"
    lines = (
        f"- In words: {feature.label}. Unit: {feature.unit}.",
        f"- Needs: {', '.join(feature.needs) or 'only a time and a customer'}.",
        f"- Clustered by default: {'yes' if feature.clustering else 'no'}.",
        "- Without a value: never; it is [shrunk to the shop's rate](#rates)."
        if feature.rate is not None
        else f"- A customer without a value counts as {_undefined(feature)}.",
        f"- SQL over [{where}](#measures):",
    )
    sql = fence("sql", feature.sql)
    return "\n\n".join((f"### `{feature.name}`", feature.definition, "\n".join(lines), sql))


def _undefined(feature: Feature) -> str:
    if feature.undefined == "window_days":
        return "the window's length in days"
    if feature.undefined == "median":
        return "the median of those with a value"
    return f"{feature.undefined:g}"


def _rates() -> str:
    lead = (
        "Each rate is shrunk to the shop's own: `(numerator + strength × rate) / (denominator + "
        "strength)`, where `rate` is all numerators over all denominators and `strength` (1 to "
        "1000 observations) is estimated from how much customers differ (beta-binomial, method "
        "of moments; Kleinman 1973). With nothing observed it is the shop's rate."
    )
    rows = (
        (code(feature.name), code(feature.rate.numerator), code(feature.rate.denominator))
        for feature in FEATURES
        if feature.rate is not None
    )
    return lead + "\n\n" + grid(("Rate", "Numerator", "Denominator"), rows)


def _measures() -> str:
    lead = (
        "Numbers per customer that features are made of. Each is an aggregate over the rows of "
        "one grain: a customer's events, sessions, orders, hours, days, products, categories or "
        "brands."
    )
    rows = ((code(m.name), m.grain, code(m.sql)) for m in MEASURES)
    return lead + "\n\n" + grid(("Measure", "Grain", "SQL"), rows)


def _bots() -> str:
    return (
        "Customers for whom this holds leave the fit and form a group of their own; a missing "
        "value is no suspicion:\n\n" + fence("sql", SUSPECTED_BOT)
    )


# --- cleaning, names, schemas, facts ----------------------------------------------------------


def cleaning_page() -> str:
    def listed(words: Mapping[str, str]) -> str:
        return grid(("Rule", "Meaning"), ((code(rule), what) for rule, what in words.items()))

    return page(
        "Cleaning rules",
        "Every input row is kept or rejected by exactly one rule, and kept + rejected is the "
        "input. `clustomer check` prints the counts; `cleaning.csv` holds them, and "
        "`rejected.parquet` holds the rejected rows.",
        "## Kept",
        "Each kept row is of one kind.",
        listed(KEPT),
        "## Repaired",
        "What is put right in kept rows; a row can be repaired more than once.",
        listed(REPAIRS),
        f"A visit ends with more than {SESSION_MINUTES} minutes of inactivity. A row without a "
        "session continues the visit of the customer's previous event, taking its session where "
        "it has one.",
        "## Rejected",
        "A row is rejected by the first rule that applies, in this order.",
        listed(REJECTIONS),
        f"Times are far away from all the others when more than {MAX_GAP_DAYS} days without any "
        f"event lie between and they are at most {MAX_ISOLATED_SHARE:.0%} of the rows (or a "
        "single row among more than ten). Event types are compared without case; the unknown "
        "ones are listed with their counts.",
    )


def without_amounts(requirement: str) -> str:
    """Return what a name requires, in words where each shop has an amount of its own."""
    return re.sub(
        r"\{everyone\.[^{}:]+(?::[^/{}]+/([^{}]+))?\}",
        lambda limit: f"so many {limit[1]}" if limit[1] else "an amount",
        requirement,
    )


def names_page() -> str:
    words = (
        ("most", f"at least {written('MOST')} of the segment"),
        ("nearly all", f"at least {written('NEARLY_ALL')} of the segment"),
        ("hardly any", f"at most {written('HARDLY_ANY')} of the segment"),
        ("slightly", f"a standardised difference of {written('SLIGHTLY')} or more"),
        ("clearly", f"a standardised difference of {written('CLEARLY')} or more"),
        ("strongly", f"a standardised difference of {written('STRONGLY')} or more"),
        (
            "a difference at all",
            f"at least {written('STANDARD_ERRORS')} standard errors of the mean",
        ),
        ("a long window", f"{written('LONG_WINDOW_DAYS')} or more"),
    )
    return page(
        "Names of segments",
        "A name says something of each customer, in the terms of this shop, and is given to a "
        f"segment of whose members it is true for at least {written('NEARLY_ALL')}. Of all such "
        "names the segment gets the one that tells its members best from the other customers; "
        "two segments that would bear one name are told apart by a plain fact. The card of the "
        "segment prints of how many the name is true. The reasons are in "
        "[How segments get their names](../explanation/naming.md).",
        "## Names",
        grid(
            ("Name", "What it requires"),
            ((r.name, without_amounts(r.requirement)) for r in RULES),
        ),
        "## Other names",
        grid(
            ("Name", "When"),
            [
                (
                    "Two orders or more, none for half a year (and the like)",
                    "No name above is true of enough, or these facts tell the segment apart far "
                    "better, or what is above is true of more others than members.",
                ),
                ("Mixed customers", "No plain fact is true of enough of them, either."),
                (names.ALL_CUSTOMERS, "There is one segment only: no groups were found."),
                (BOTS_NAME, f"By the rule `{SUSPECTED_BOT}`."),
            ],
        ),
        "## RFM segments",
        "With `--algorithm rfm` names are definitions: a place in "
        "[the grid of scores](../explanation/rfm.md), not a finding. Their ids are the same in "
        "every run.",
        grid(
            ("`segment_id`", "Name", "Definition"),
            [
                *((code(s.segment_id), s.name, scores_in_words(s)) for s in RFM_SEGMENTS),
                (code(NO_PURCHASE_ID), NO_PURCHASE_NAME, "no order in the period"),
            ],
        ),
        "## What the words mean",
        grid(("Word", "Meaning"), words),
    )


def schemas_page() -> str:
    parts = [
        "How a source's columns map to ours. A preset is detected from the columns (names are "
        "compared without case) and announced; `--schema NAME` or `--schema FILE.toml` decides "
        "otherwise. See [Use your own columns](../how-to/your-columns.md).",
        "## Our columns",
        ", ".join(code(column) for column in COLUMNS)
        + ". Only `event_time` and `user_id` are required.",
        "Event types: " + ", ".join(code(kind) for kind in EVENT_TYPES) + ".",
        "## Presets",
    ]
    for schema in PRESETS:
        parts += [f"### `{schema.name}`", fence("toml", schema.to_toml().rstrip())]
    parts += ["## What a schema file can say", parameters_of("events.EventSchema")]
    return page("Schemas", *parts)


def files_page() -> str:
    sys.path.insert(0, str(ROOT / "tests" / "events"))
    cases = import_module("reading_cases").CASES

    def outcome(case: Any) -> str:
        if case.refused:
            return "refused"
        customers = ", ".join(f"{user} {total}" for user, total in case.revenue.items())
        lost = ", ".join(f"{rows} {code(rule)}" for rule, rows in case.rejected.items())
        return customers + (f"; rejected: {lost}" if lost else "")

    return page(
        "Files",
        "What clustomer reads, and how it decides. What is understood is said (`check` and `run` "
        "tell the kind, the encoding and the separator), what cannot be known is refused with the "
        "next step, and what is lost is counted.",
        "## Kinds",
        READABLE + ". A folder or a glob means all files in it, which must be of one kind; names "
        "that begin with a dot or an underscore, and results of earlier runs, are no data. What "
        "exists under the very name that is given is meant, even where it looks like a glob. "
        "Avro and workbooks need the extras `avro` and `excel`. Of a workbook with several sheets, "
        "or a database with several tables, `--sheet` or `--table` names one.",
        "## Counting",
        "Every row is counted without what parses it: by the bytes of text (quotes are followed), "
        "by the row groups of Parquet, by `COUNT(*)` in databases, in the same state of the data "
        "that is read. Kept and rejected rows must add up to that number, or the run stops and "
        "says by how much. A file that changes while it is read, a checksum that does not fit, and "
        "a folder that cannot be listed stop it, too.",
        "## Limits",
        grid(
            ("Limit", "Value", "What lies beyond"),
            (
                ("lines of a quoted text", f"{MAX_LINES_OF_A_FIELD:,}", "its first line is broken"),
                ("bytes of a line", f"{MAX_LINE_BYTES:,}", "a broken line"),
                ("depth of a line of JSON", f"{MAX_DEPTH:,}", "a broken line"),
                ("keys of JSON", f"{MAX_KEYS:,}", "refused: data seem to be among the names"),
            ),
        ),
        "## In spreadsheets and terminals",
        FORMULAS + " The manifest says so as `csv_texts`; `--raw-csv` writes texts as they are. "
        "What comes from data is shown on a terminal with its control characters as `\\x1b`, and "
        "never sent to it.",
        "## Cases",
        "Each row is a file of the tests: what it is, how it is decided, and what comes out "
        "(customers and their revenue).",
        grid(
            ("A file with", "Decided", "Gives"),
            ((case.kind, case.decided, outcome(case)) for case in cases),
        ),
        "## Exports",
        "Small files in the columns and notations of what shops export. What `clustomer schema` "
        "drafts of each runs unedited and adds up to this; where a setting is named, the file "
        "does not tell, and it is asked.",
        exports_grid(),
    )


def exports_grid() -> str:
    exports = import_module("shop_exports").EXPORTS
    return grid(
        ("Export", "Asked", "Customers", "Revenue", "Period"),
        (
            (
                export.kind,
                code(f'{export.asked} = "{export.answer}"') if export.asked else "",
                str(export.customers),
                export.revenue,
                f"{export.first} to {export.last}",
            )
            for export in exports
        ),
    )


_KINDS_OF_NUMBERS = (
    (code("tick"), "a value of an axis, such as a number of segments or a score from 1 to 5"),
    (code("name"), "a name that may hold digits: of a segment, a feature, a product, a brand"),
)


def facts_page() -> str:
    return page(
        "Facts",
        "Every number that a text shows is an entry of `facts.json`: `id`, `value`, `unit`, "
        "`decimals`, `segment_id` (null for figures of everyone), `source`, which says where it "
        "comes from, and `sql`, which says the same as a query that DuckDB runs in the folder of "
        "the version. `verify_facts` computes all of them again; see "
        "[Read the results](../how-to/results-files.md#recompute-a-number).",
        "## Sources",
        inspect.cleandoc(sources.__doc__ or "").partition("\n\n")[2],
        "## Aggregates",
        "`x` is the column, and the rows are those of the key; where `inside` is named, which "
        "holds for the rows of the key, they are those of everyone, and those of all for the keys "
        "`bots` and `all`. `bound` is what stands in brackets: `share_at_least(2)`. "
        '`share_between({"orders": [1, null]})` has for each column the value that it must exceed '
        "and the one up to which it may go. `FSUM` and "
        "`FAVG` add up without loss.",
        grid(("Aggregate", "SQL"), ((code(k), code(v)) for k, v in sources.AGGREGATES.items())),
        "## Derived figures",
        "`a`, `b`, `c` and `d` are the facts of the key, in its order. `break_even` is the rise "
        "of revenue at which an action pays for itself that costs `a` for each of `b` customers, "
        "at the margin `c` on the revenue `d`; `extra_orders_per_1000` is the number of orders "
        "that pay for contacting 1,000 customers at the cost `a`, at the margin `b` on the "
        "revenue `c` of an order; `control_group` is how many customers each of two groups needs "
        "to tell that a share `a` rose by `b` (two-sided test at 5 %, power 80 %: see "
        "[Advice](../explanation/advice.md)); `smallest_rise` is the smallest whole number of "
        "points by which it must rise to be told by two halves of `b` customers. A figure is "
        "undefined where a part is, or a divisor is not above 0.",
        grid(("Figure", "SQL"), ((code(k), code(v)) for k, v in sources.DERIVED.items())),
        "## In pictures",
        "A text in the SVG of a picture has the ids of the facts that its numbers are as "
        "`data-fact`, with a blank between. Other texts with digits have a `data-kind`:",
        grid(("Kind", "What it is"), _KINDS_OF_NUMBERS),
        "## Numbers that are no facts",
        "In the page, in Markdown, on the screen and in the pictures every number is a fact, but "
        "for these kinds, which tests tell by their form and not by their value:",
        "- the ticks of an axis;\n"
        "- the number of an item in a list;\n"
        "- the year of a work that is cited, and its DOI;\n"
        "- names that hold a number: ids and names of segments, names of groups that were not "
        "delivered (Group 2), names of products, brands, attributes and files, of methods (MD5, "
        "BM25, the 125 RFM cells), and of the cells of the RFM grid by their scores.",
        "Thresholds are facts, too: `threshold.<name>`, from the entry `thresholds` of `run.json`.",
        "A sentence that was made elsewhere, such as the reason for the number of segments, is one "
        "fact with the unit `text`.",
    )


# --- docstrings -------------------------------------------------------------------------------


def _first(doc: str) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join(inspect.cleandoc(doc).split("\n\n")[0].split())


# --- thresholds -------------------------------------------------------------------------------


def thresholds_page() -> str:
    return page(
        "Thresholds",
        "Every number that decides what a report says, as the program has it. Each is declared "
        "once: code, texts and these pages take it from there.",
        grid(
            ("Name", "Value", "What it decides", "Source"),
            (
                (code(name), threshold.written, threshold.sentence, threshold.source)
                for name, threshold in THRESHOLDS.items()
            ),
        ),
    )


def with_thresholds(text: str) -> str:
    """Return a page with each number that is marked by a threshold's name written anew."""
    return _MARKED.sub(
        lambda match: f"<!-- ={match['name']} -->{written(match['name'])}<!-- = -->", text
    )


def written_by_hand() -> Iterator[Path]:
    for path in sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]):
        if not path.read_text(encoding="utf-8").startswith(NOTE):
            yield path


_MARKED = re.compile(r"<!-- =(?P<name>\w+) -->.*?<!-- = -->", re.DOTALL)

PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "features.md": features_page,
    "cleaning.md": cleaning_page,
    "names.md": names_page,
    "schemas.md": schemas_page,
    "files.md": files_page,
    "facts.md": facts_page,
    "thresholds.md": thresholds_page,
    "python.md": python_page,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
