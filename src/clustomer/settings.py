"""What a run depends on besides its input: one field of `Settings` is one option.

The command line, the file of options, their pages in the reference and the Python class are made
from these declarations, so that an option is added here and read where it takes effect.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, asdict, dataclass, field, fields
from typing import Any, Concatenate, Literal, ParamSpec, Self

from clustomer.errors import UsageError

DEFAULT_OUT = "clustomer-results"
MARGIN = 0.30
"""Share of revenue that is left after the cost of goods: an assumption, to be replaced."""

SOURCE = "How to read the log"
PERIOD = "Which events count"
SEGMENTS = "How to find segments"
TESTS = "How to test them"
REPORT = "What to write"
MACHINE = "How to run"
PLACE = "Where the data are"
READING = (SOURCE, PERIOD)
"""Groups of options that `read_events` takes, each by the name of its field.

Results depend on all options but those of the groups `MACHINE` and `PLACE`."""


@dataclass(frozen=True)
class Notation:
    """How a value is written as text: on the command line, in a file of options."""

    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


@dataclass(frozen=True)
class Option:
    """How a setting is asked for, and what is told of it.

    Parameters
    ----------
    help : str
        One or two sentences.
    group : str
        The heading, which decides more than the place: `SOURCE` and `PERIOD` are passed to
        `read_events` by the field's name, and `clustomer check` has them, too; those of
        `MACHINE` and `PLACE` are not recorded in `run.json` with them, all others are.
    metavar : str, optional
        What stands for the value; `FILE` makes it a path.
    spelling : str
        What it is called on the command line, without dashes; by default as the field.
    otherwise : str, optional
        What happens without it, where the default does not say so.
    least, most : float, optional
        The range of a number.
    notation : Notation, optional
        How a value that is neither text nor a number is written.
    alias : str
        Another spelling on the command line.
    """

    help: str
    _: KW_ONLY
    group: str
    metavar: str | None = None
    spelling: str = ""
    otherwise: str | None = None
    least: float | None = None
    most: float | None = None
    notation: Notation | None = None
    alias: str = ""


_Declared = ParamSpec("_Declared")


def _field_of(declare: Callable[_Declared, Option]) -> Callable[Concatenate[Any, _Declared], Any]:
    """Return the function that makes a field of a default and what `declare` takes."""

    def option(default: Any, /, *entry: _Declared.args, **further: _Declared.kwargs) -> Any:
        return field(default=default, metadata={"option": declare(*entry, **further)})

    return option


option = _field_of(Option)
"""Return a field of `Settings`: its default without the option, then what `Option` takes."""


def check_margin(margin: float) -> None:
    """Raise UsageError for a margin that is no share of revenue.

    >>> check_margin(30)
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: The margin is 30; ... expected. Did you mean 0.3, which is 30 %?
    """
    if 0 < margin <= 1:
        return
    meant = f"Did you mean {margin / 100:g}, which is {margin:g} %?" if 1 < margin <= 100 else ""
    raise UsageError(
        f"The margin is {margin!r}; a share of revenue above 0 and at most 1 was expected. "
        + (meant or "Write 30 % as 0.3.")
    )


def read_k(text: str) -> int | Literal["auto"]:
    """Return a number of segments from its text.

    >>> read_k("4"), read_k("Auto")
    (4, 'auto')
    """
    if text.strip().lower() == "auto":
        return "auto"
    try:
        return int(text)
    except ValueError:
        raise UsageError(
            f"--k is {text!r}. Expected a whole number of segments, such as 4, or auto."
        ) from None


def read_k_range(text: str) -> tuple[int, int]:
    """Return the lowest and the highest number of segments.

    >>> read_k_range("2:10")
    (2, 10)
    """
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


def read_names(text: str) -> tuple[str, ...]:
    """Return names that are separated by commas.

    >>> read_names("orders, views")
    ('orders', 'views')
    """
    return tuple(name.strip() for name in text.split(",") if name.strip())


def read_algorithm(text: str) -> str:
    """Return an algorithm's name as it is listed, whatever its case.

    >>> read_algorithm("KMeans")
    'kmeans'
    """
    return text.strip().lower()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run depends on besides its input; the options of `clustomer run`.

    A value that makes no sense is refused by `run`, before any work.

    >>> Settings(k=4).k
    4
    """

    table: str | None = option(
        None,
        "The table of a database, also as schema.table; the sheet of a workbook, or * for all of "
        "them, where they have the same columns.",
        group=SOURCE,
        metavar="NAME",
        otherwise="ecommerce_behavior; the only sheet",
        alias="sheet",
    )
    schema: str | None = option(
        None,
        "How to read the columns: a preset (rees46, order-lines, transactions, retailrocket, "
        "taobao, shopify, woocommerce, olist, amazon, etsy, stripe, stripe-api, paypal, square, "
        "ga4, segment, matomo, snowplow), or a TOML file that `clustomer schema` wrote.",
        group=SOURCE,
        metavar="NAME|FILE",
        otherwise="detected from the columns",
    )
    time_format: str | None = option(
        None,
        "How times are written, where their values do not tell: %d/%m/%Y, %m/%d/%Y, unix_s, ...",
        group=SOURCE,
        metavar="FORMAT",
        otherwise="decided over all values; what fits two ways is asked",
    )
    decimal: str | None = option(
        None,
        "The decimal mark of amounts that are text: a point or a comma.",
        group=SOURCE,
        metavar="MARK",
        otherwise="decided over all values; what fits both is asked",
    )
    price_is: str | None = option(
        None,
        "What an amount is of: unit (a piece), line (all pieces of a line) or order (a whole "
        "order, on each of its lines).",
        group=SOURCE,
        metavar="KIND",
        otherwise="told by names and values, else asked",
    )
    amounts_in: str | None = option(
        None,
        "What an amount counts: major (whole units of the currency) or minor (its smallest, such "
        "as cents: 2000 is 20.00).",
        group=SOURCE,
        metavar="KIND",
        otherwise="told by names, else asked where it looks like cents",
    )
    returns_are_negative: str | None = option(
        None,
        "Whether purchases with an amount or quantity below 0 are refunds (yes, true), or slips "
        "that are rejected (no, false).",
        group=SOURCE,
        metavar="YES|NO",
        otherwise="few are slips, more are asked",
        notation=Notation(read_algorithm),
    )
    encoding: str | None = option(
        None,
        "Of a text file, such as utf-8, windows-1251 or shift_jis.",
        group=SOURCE,
        metavar="NAME",
        otherwise="found in the file",
    )
    id_map: str | None = option(
        None,
        "Several ids, one customer: CSV or Parquet with the columns id and customer.",
        group=SOURCE,
        metavar="FILE",
        otherwise="none",
    )
    only_currency: str | None = option(
        None,
        "Of a log with several currencies, only the rows with amounts in this one, such as EUR.",
        group=SOURCE,
        metavar="CODE",
        otherwise="several are refused",
    )
    rates: str | None = option(
        None,
        "What a unit of each currency is worth: CSV or Parquet with the columns currency and rate.",
        group=SOURCE,
        metavar="FILE",
        otherwise="none",
    )
    no_customer: tuple[str, ...] | None = option(
        None,
        "Ids that stand for everyone who has none, such as guest,0; their rows name no customer.",
        group=SOURCE,
        metavar="IDS",
        otherwise="none; ids that look so are named in a warning",
        notation=Notation(read_names, ",".join),
    )
    accept_losses: float = option(
        0.1,
        "Share of the rows that may be unreadable, 0 to 1; beyond it the run stops.",
        group=SOURCE,
        metavar="SHARE",
        least=0,
        most=1,
    )
    cutoff: str | None = option(
        None,
        "Only events before this date count, for example 2011-09-01.",
        group=PERIOD,
        metavar="DATE",
        otherwise="just after the last plausible event",
    )
    window: str | None = option(
        None,
        "Only events in this length of time before the cutoff count, for example 90d or 12w.",
        group=PERIOD,
        metavar="LENGTH",
        otherwise="the whole log",
    )
    time_zone: str = option(
        "UTC",
        "The shop's clock, for nights, weekends and days, for example Europe/London.",
        group=PERIOD,
        metavar="ZONE",
        spelling="timezone",
    )
    algorithm: str = option(
        "kmeans",
        "kmeans, ward (hierarchical), gmm (Gaussian mixture), dbscan and hdbscan find segments in "
        "the data; rfm gives the ten classic named ones by recency and frequency of orders.",
        group=SEGMENTS,
        metavar="NAME",
        notation=Notation(read_algorithm),
    )
    k: int | Literal["auto"] = option(
        "auto",
        "How many segments.",
        group=SEGMENTS,
        metavar="auto|N",
        notation=Notation(read_k),
    )
    k_range: tuple[int, int] = option(
        (2, 10),
        "The numbers of segments to compare.",
        group=SEGMENTS,
        metavar="LOW:HIGH",
        notation=Notation(read_k_range, lambda value: f"{value[0]}:{value[1]}"),
    )
    features: tuple[str, ...] | None = option(
        None,
        "The features to cluster by, separated by commas, the most important first.",
        group=SEGMENTS,
        metavar="NAMES",
        otherwise="about a dozen; see the reference of features",
        notation=Notation(read_names, ",".join),
    )
    weights: str = option(
        "learned",
        "How much each feature counts: learned (more, the more it told of what customers did after "
        "an earlier date) or equal.",
        group=SEGMENTS,
        metavar="learned|equal",
        notation=Notation(read_algorithm),
    )
    facets: tuple[str, ...] | None = option(
        None,
        "The sides of customers to look at, each a segmentation of its own: value (how much and "
        "how recently; always made), taste (what they look at and buy), time (when they come), "
        "path (how they come to a purchase), rare (a few who are far from all others).",
        group=SEGMENTS,
        metavar="NAMES",
        otherwise="all that the data carries",
        notation=Notation(read_names, ",".join),
    )
    compare: bool = option(
        False,
        "Fit every algorithm on the same features, and show them side by side.",
        group=SEGMENTS,
    )
    random_state: int = option(
        0,
        "The same seed gives the same results.",
        group=SEGMENTS,
        metavar="NUMBER",
        spelling="seed",
        least=0,
    )
    certificates: bool = option(
        True,
        "Test whether the segments are stable, real, predictive and usable.",
        group=TESTS,
    )
    holdout: str | None = option(
        None,
        "Test the segments by what customers did from this date on.",
        group=TESTS,
        metavar="DATE",
        otherwise="the last third of the window",
    )
    force: bool = option(
        False,
        "Deliver segments even where no structure is found, with a warning on every page.",
        group=TESTS,
    )
    title: str | None = option(
        None,
        "What the report is called, such as the name of the shop.",
        group=REPORT,
        metavar="TEXT",
        otherwise="Customer segments",
    )
    summary: bool = option(
        False,
        "Write a summary of one page to print, too: reports/summary.html.",
        group=REPORT,
    )
    attributes: str | None = option(
        None,
        "What else is known of customers, such as country or channel: CSV or Parquet, a row for "
        "each. It is described, and never used to find segments.",
        group=REPORT,
        metavar="FILE",
        otherwise="none",
    )
    currency: str | None = option(
        None,
        "How to print money: EUR, GBP, $, ...",
        group=REPORT,
        metavar="CODE",
        otherwise="the one that a column of the log names",
    )
    horizon: str | None = option(
        None,
        "How far after the cutoff to forecast orders and revenue of customers, for example 90d or "
        "12w.",
        group=REPORT,
        metavar="LENGTH",
        otherwise="90 days, or a third of the window where that is shorter",
    )
    margin: float | None = option(
        None,
        "Share of revenue that is left after the cost of goods, 0 to 1; with it, what customers "
        "bring, and are expected to, is told as margin, too.",
        group=REPORT,
        metavar="NUMBER",
        otherwise="0.3 is assumed for when an action pays",
        least=0,
        most=1,
    )
    cost: float = option(
        0.5,
        "Cost of contacting one customer, in the shop's currency.",
        group=REPORT,
        metavar="NUMBER",
        least=0,
    )
    keep_events: bool = option(
        True,
        "Store the clean events, too.",
        group=REPORT,
        spelling="events",
    )
    raw_csv: bool = option(
        False,
        "Write texts in CSV files as they are, where ids must join; otherwise one that a "
        "spreadsheet would run as a formula has an apostrophe before it.",
        group=REPORT,
    )

    memory: str | None = option(
        None,
        "About how much memory to take, for example 4GB. What does not fit waits on disk, in the "
        "folder that TMPDIR names; the results are the same.",
        group=MACHINE,
        metavar="SIZE",
        otherwise="half of the machine's",
    )

    engine: str = option(
        "duckdb",
        "Where the data are worked on: duckdb (in this process), spark (SOURCE is Parquet that "
        "Spark reads) or postgres (SOURCE is postgresql://user@host/database). The last two take "
        "typed columns, and bring a sample of customers here.",
        group=PLACE,
        metavar="NAME",
        notation=Notation(read_algorithm),
    )
    master: str = option(
        "local[*]",
        "Where Spark runs: local[2] for two cores of this machine, or spark://host:7077.",
        group=PLACE,
        metavar="URL",
    )
    sample: int = option(
        100_000,
        "With --engine spark or postgres: at most so many customers, drawn by their ids, are "
        "brought here to find, test and describe segments. Every customer gets one.",
        group=PLACE,
        metavar="N",
    )

    @classmethod
    def from_recorded(cls, recorded: Mapping[str, Any]) -> Self:
        """Return the settings of a manifest; what an older one lacks has its default.

        >>> Settings.from_recorded({"k": 4, "k_range": [2, 5], "retired": True}).k_range
        (2, 5)
        """
        names = {name for name, _, _ in declared()}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in recorded.items()
            if name in names
        }
        if "margin_given" in recorded:
            values["margin"] = recorded["margin_given"]
        return cls(**values)

    def recorded(self) -> dict[str, Any]:
        """Return the settings that results depend on.

        `margin` is the one that counts, `margin_given` the one that was asked for.

        >>> Settings().recorded()["margin"], Settings().recorded()["margin_given"]
        (0.3, None)
        """
        running = {name for name, _, _ in declared(MACHINE, PLACE)}
        recorded = {name: value for name, value in asdict(self).items() if name not in running}
        return recorded | {
            "margin": MARGIN if self.margin is None else self.margin,
            "margin_given": self.margin,
        }

    def reading(self) -> dict[str, Any]:
        """Return the settings that `read_events` takes, by the names that it gives them."""
        return {name: getattr(self, name) for name, _, _ in declared(*READING)}


def declared(*groups: str) -> Iterator[tuple[str, Any, Option]]:
    """Give name, kind and declaration of the settings, of all groups or of some.

    >>> [name for name, _, _ in declared(PERIOD)]
    ['cutoff', 'window', 'time_zone']
    """
    for one in fields(Settings):
        entry: Option = one.metadata["option"]
        if not groups or entry.group in groups:
            yield one.name, one.type, entry


def spelling(name: str, entry: Option) -> str:
    """Return what a setting is called on the command line, with its dashes.

    >>> [spelling(name, entry) for name, _, entry in declared(PERIOD)]
    ['--cutoff', '--window', '--timezone']
    """
    return "--" + (entry.spelling or name.replace("_", "-"))


def changed_options(settings: Settings, *groups: str) -> list[str]:
    """Return what the options of these groups are called that are not at their default.

    >>> changed_options(Settings(cutoff="2024-01-01"), *READING)
    ['--cutoff']
    """
    return [
        spelling(name, entry)
        for name, _, entry in declared(*groups)
        if getattr(settings, name) != getattr(Settings(), name)
    ]


def settings_from(texts: Mapping[str, Any]) -> Settings:
    """Return settings from values as the command line has them, some of them text.

    >>> settings_from({"k": "4", "features": "orders,views", "cutoff": None}).features
    ('orders', 'views')
    """
    values = {}
    for name, _, entry in declared():
        if name in texts:
            value = texts[name]
            is_text = entry.notation is not None and isinstance(value, str)
            values[name] = entry.notation.read(value) if is_text else value  # type: ignore[union-attr]
    return Settings(**values)
