"""How a source's columns and event names map to ours."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clustomer.errors import UsageError, did_you_mean

EVENT_TYPES = ("view", "cart", "remove_from_cart", "purchase", "return")
"""What a customer can do, in our words."""

COLUMNS = (
    "event_time",
    "event_type",
    "product_id",
    "category_id",
    "category_code",
    "brand",
    "price",
    "user_id",
    "user_session",
    "quantity",
    "order_id",
)
"""The columns of the canonical event table; `event_time` and `user_id` are required."""


FURTHER = (
    "return_time",
    "return_amount",
    "return_user_id",
    "status",
    "currency",
    "cost",
    "product_name",
)
"""Settings that name one more column of the source."""


Paths = str | tuple[str, ...]
"""One column of a source, or several that make one of ours together."""


def paths_of(theirs: Paths) -> tuple[str, ...]:
    """Return the columns that make one of ours.

    >>> paths_of("at"), paths_of(("date", "time"))
    (('at',), ('date', 'time'))
    """
    return (theirs,) if isinstance(theirs, str) else theirs


class EventSchema(BaseModel):
    """How to read one kind of source.

    Parameters
    ----------
    name : str
    columns : dict
        Ours to theirs: `{"user_id": "CustomerID", ...}`. `event_time` and
        `user_id` are required; the rest is optional. A nested value is named by
        its path with dots (`item.price`); a list of objects with `key` and
        `value`, by a key (`event_params.ga_session_id`). A list of columns is
        joined to one time for `event_time` (`["date", "time"]`, or `["year", "month",
        "day"]`, with or without a time or an hour behind them), and else means the
        first of them that is filled.
    event_types : dict
        Theirs to ours: `{"buy": "purchase", ...}`; compared without case. A
        value that is not listed is rejected and counted.
    ignored_event_types : list of str, default none
        Event types that are known to have no meaning here; they are rejected and
        counted by a rule of their own. "*" stands for all that `event_types`
        does not list.
    event_type : str, optional
        What every row is, where the source has no column for it.
    time_format : str or list of str, default "auto"
        "auto" decides over all values of the column, and stops where two notations
        fit. Else "iso", "unix_s", "unix_ms", "unix_us", "unix_ns", "excel" (days as
        a workbook counts them; "excel_1904" where it counts from 1904), an order such as
        "%d/%m/%Y" (with or without a time behind it), or any strptime format; several for
        a column that mixes them.
    time_from : str, optional
        The earliest plausible time, such as "1985-01-01"; by default 1990. Earlier
        ones are rejected as `implausible_time`.
    time_to : str, optional
        No plausible time is at or after this one; by default 2100, and a log that
        goes beyond the end of next year stops the run.
    time_zone : str, default "UTC"
        The zone of times that do not name one.
    decimal : "." or ",", optional
        The decimal mark of prices and quantities that are text. By default it is
        decided over all values of a column, and what fits both stops the run.
    thousands : ".", ",", " " or "'", optional
        The mark of thousands; by default whichever fits.
    price_is : "unit", "line" or "order", optional
        What `price` is of: a piece, a line of an order (all its pieces together), or
        the whole order (which stands on each of its lines, and counts once). By
        default the column's name and its values tell; where they do not, the run
        stops and asks.
    amounts_in : "major" or "minor", optional
        Whether amounts count whole units of their currency (euros) or its smallest
        (cents: 2000 is 20.00; yen have none, so 2000 is 2000). By default a name such as
        `amount_cents` tells, and where whole numbers stand beside a currency in small
        letters, as payment services write cents, the run stops and asks.
    currency : str, optional
        A column with the currency of each row. Amounts in several are never added
        up: `--only-currency` takes one of them, `--rates` converts them.
    cost : str, optional
        A column with what the goods of a row cost the shop, in the currency of its price. What is
        0, below 0 or no number is no cost. The margin is measured by it, in place of `--margin`.
    cost_is : "unit" or "line", optional
        Whether `cost` is of a piece, or of all pieces of its row. By default its values tell, or
        it is of what `price` is of.
    product_name : str, optional
        A column with the name of each row's product, which lists and reports show beside its
        id. A product with several is called by the commonest.
    separator : str, optional
        Of a text file: a character, or "spaces" for runs of spaces. By default
        it is found in the first lines.
    encoding : str, optional
        Of a text file, such as "utf-8", "utf-16", "windows-1252" or "latin-1". By
        default it is found.
    header : bool, default True
        Whether the first line of a text file names its columns; without one,
        `names` does.
    names : list of str, default none
        The columns of a text file without a header line, in their order.
    joins : list of str, default none
        Where a source is several text files with different columns: the columns, in
        this order, by which files are joined to the one with the `price` (or the
        `event_type`). Files that hold none of `columns` are left out.
    missing_values : list of str, default none
        Further words that mean "nothing", such as "unknown"; compared without case.
        Empty text, "null", "NA", "n/a", "undefined", "(not set)" and the like always
        do.
    no_customer : list of str, default none
        Ids that stand for everyone who has none, such as "guest" or "0"; compared
        without case. Their rows are rejected as `missing_customer`.
    ids_ignore_case : bool, default False
        Ids of customers that differ only in capitals, as e-mail addresses do, are the same.
    unnest : str, optional
        A list of objects inside of each row, such as `items`: each element
        becomes a row, and paths that begin with its name lead into the element.
        A row without elements stays one row.
    carried_within_order : list of str, default none
        Our columns that only the first row of an order fills: where they are
        empty they are taken from the other rows with the same `order_id`. So is
        `return_time`.
    return_time : str, optional
        A column with the time of a cancellation or return: where it is filled, a
        purchase is also a `return` event at that time.
    return_amount : str, optional
        A column with what of a row was given back at its `return_time`; without it, or
        where it is empty or 0, all of it. Where `return_time` is the column of
        `event_time`, since nothing says when it was, only rows with an amount above 0
        were given back.
    return_user_id : str, optional
        A column with the customer of rows whose amount is below 0, which the shop sends.
    status : str, optional
        A column that says whether a row was carried through. Where it is none of `done`
        it stands for the event type, so that a denied payment is no purchase.
    done : list of str, default none
        The words of `status` for what was carried through; compared without case.
    return_prefix : str, optional
        Orders whose number starts so are cancellations: their rows are returns.
    returns_are_negative : bool, optional
        Rows with a quantity or an amount below 0 are returns of that much; where it is
        false they are slips, and rejected. By default few are slips, and more are asked for.
    row_is_order : bool, default False
        Each purchase row without an order number is an order of its own.
    not_products : str, optional
        A regular expression; product ids that match it whole (postage, fees)
        stay in revenue and out of diversity.

    >>> EventSchema(name="mine", columns={"event_time": "at", "user_id": "who"}).time_zone
    'UTC'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    columns: dict[str, Paths]
    event_types: dict[str, Literal["view", "cart", "remove_from_cart", "purchase", "return"]] = (
        Field(default_factory=dict)
    )
    ignored_event_types: tuple[str, ...] = ()
    event_type: Literal["view", "cart", "remove_from_cart", "purchase", "return"] | None = None
    time_format: Paths = "auto"
    time_from: str | None = None
    time_to: str | None = None
    time_zone: str = "UTC"
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'"] | None = None
    price_is: Literal["unit", "line", "order"] | None = None
    amounts_in: Literal["major", "minor"] | None = None
    currency: str | None = None
    cost: str | None = None
    cost_is: Literal["unit", "line"] | None = None
    product_name: str | None = None
    separator: str | None = None
    encoding: str | None = None
    header: bool = True
    names: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    missing_values: tuple[str, ...] = ()
    no_customer: tuple[str, ...] = ()
    ids_ignore_case: bool = False
    unnest: str | None = None
    carried_within_order: tuple[str, ...] = ()
    return_time: str | None = None
    return_amount: str | None = None
    return_user_id: str | None = None
    status: str | None = None
    done: tuple[str, ...] = ()
    return_prefix: str | None = None
    returns_are_negative: bool | None = None
    row_is_order: bool = False
    not_products: str | None = None

    def model_post_init(self, context: object) -> None:
        """Check what types alone do not say."""
        _check_columns(self)
        for column in ("event_time", "user_id"):
            if column not in self.columns:
                raise UsageError(
                    f"The schema `{self.name}` does not say which column is `{column}`. "
                    f'Add it under [columns]: {column} = "..."'
                )
        for column, theirs in self.columns.items():
            if not paths_of(theirs):
                raise UsageError(
                    f"The schema `{self.name}` names no column for `{column}`. Expected a name, or "
                    "a list of names."
                )
        if self.decimal is not None and self.decimal == self.thousands:
            raise UsageError(
                f"The schema `{self.name}` says that {self.decimal!r} is both the decimal mark and "
                "the mark of thousands. Leave one of them out."
            )
        for bound in ("time_from", "time_to"):
            if getattr(self, bound) is not None:
                moment_of(getattr(self, bound), bound)
        for column in self.carried_within_order:
            if column not in self.columns:
                raise UsageError(
                    f"The schema `{self.name}` carries `{column}` within an order, but has no such "
                    f"column. {did_you_mean(column, self.columns)}"
                )
        if self.carried_within_order and "order_id" not in self.columns:
            raise UsageError(
                f"The schema `{self.name}` carries columns within an order, but does not say which "
                'column is `order_id`. Add it under [columns]: order_id = "..."'
            )
        _check_companions(self)
        _check_expression(self.name, self.not_products)
        if self.header == bool(self.names):
            raise UsageError(
                f"The schema `{self.name}` "
                + (
                    "gives `names`, which is for text files without a header line. Add "
                    "header = false, or leave `names` out."
                    if self.header
                    else "says header = false. Add the columns in their order: names = [...]"
                )
            )
        mapped = {word.lower() for word in self.event_types}
        for word in self.ignored_event_types:
            if word.lower() in mapped:
                raise UsageError(
                    f"The schema `{self.name}` both maps and ignores the event type `{word}`. "
                    "Leave it out of `event_types` or of `ignored_event_types`."
                )

    @property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """Ours to theirs, as lists of one or several columns."""
        return {ours: paths_of(theirs) for ours, theirs in self.columns.items()}

    def answered(self, answers: Mapping[str, str | None]) -> "EventSchema":
        """Return the schema with some settings as they were asked for; None says nothing.

        Raises
        ------
        UsageError
            If a value makes no sense.

        >>> schema = EventSchema(name="mine", columns={"event_time": "at", "user_id": "who"})
        >>> schema.answered({"decimal": ",", "price_is": None}).decimal
        ','
        """
        given = {name: value for name, value in answers.items() if value is not None}
        if not given:
            return self
        try:
            return type(self).model_validate({**self.model_dump(), **given})
        except ValidationError as error:
            part = error.errors()[0]
            name = str(part["loc"][0])
            raise UsageError(
                f"--{name.replace('_', '-')} is {given.get(name)!r}: {part['msg']}."
            ) from error

    def to_toml(self) -> str:
        """Return the schema as a TOML file to edit; `read_schema` reads it."""
        lines = [
            "# How clustomer reads this source. Ours on the left, theirs on the right.",
            "# Use it with: clustomer run SOURCE --schema THIS_FILE",
            f"name = {_toml(self.name)}",
            "",
            '# "auto", "iso", "unix_s", "unix_ms", "excel", or a format such as "%d/%m/%Y"',
            f"time_format = {_toml(self.time_format)}",
            "# the zone of times that do not name one",
            f"time_zone = {_toml(self.time_zone)}",
        ]
        for field in (
            "time_from",
            "time_to",
            "decimal",
            "thousands",
            "price_is",
            "amounts_in",
            "currency",
            "cost",
            "cost_is",
            "product_name",
            "event_type",
            "ignored_event_types",
            "separator",
            "encoding",
            "header",
            "names",
            "joins",
            "missing_values",
            "no_customer",
            "ids_ignore_case",
            "unnest",
            "carried_within_order",
            "return_time",
            "return_amount",
            "return_user_id",
            "status",
            "done",
            "return_prefix",
            "returns_are_negative",
            "row_is_order",
            "not_products",
        ):
            value = getattr(self, field)
            if value != type(self).model_fields[field].default:
                lines.append(f"{field} = {_toml(value)}")
        lines += ["", "[columns]"]
        lines += [f"{ours} = {_toml(theirs)}" for ours, theirs in self.columns.items()]
        lines += [f'# {ours} = "..."' for ours in COLUMNS if ours not in self.columns]
        if self.event_types:
            lines += ["", "[event_types]", "# theirs on the left, ours on the right"]
            lines += [f"{_toml(t)} = {_toml(o)}" for t, o in self.event_types.items()]
        return "\n".join(lines) + "\n"


def moment_of(text: str, setting: str) -> datetime:
    """Return a bound of times as UTC.

    >>> moment_of("1985-01-01", "time_from")
    datetime.datetime(1985, 1, 1, 0, 0)
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"`{setting}` is {text!r}, which is no date. Expected one such as 1985-01-01."
        ) from error
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment


def _check_columns(schema: EventSchema) -> None:
    for column in schema.columns:
        if column in FURTHER:
            raise UsageError(
                f"The schema `{schema.name}` has `{column}` under [columns]. It is a setting: "
                f"write it above them, {column} = {_toml(schema.paths[column][0])}"
            )
        if column not in COLUMNS:
            raise UsageError(
                f"The schema `{schema.name}` maps a column `{column}`, which we do not have. "
                + did_you_mean(column, COLUMNS)
            )


def _check_companions(schema: EventSchema) -> None:
    for setting, needed in (
        ("return_amount", schema.return_time),
        ("return_user_id", schema.returns_are_negative),
        ("status", schema.done),
        ("cost", "price" in schema.columns),
        ("cost_is", schema.cost),
        ("product_name", "product_id" in schema.columns),
    ):
        if getattr(schema, setting) is not None and not needed:
            other = {
                "return_amount": "`return_time`, a column with when it was given back",
                "return_user_id": "returns_are_negative = true",
                "cost": "a column for `price`",
                "cost_is": "`cost`, a column with what goods cost the shop",
                "product_name": "a column for `product_id`",
                "status": "`done`, its words for what was carried through, and a column for "
                "`event_type`",
            }[setting]
            raise UsageError(f"The schema `{schema.name}` gives `{setting}`, which needs {other}.")


def _check_expression(schema: str, expression: str | None) -> None:
    try:
        re.compile(expression or "")
    except re.error as error:
        raise UsageError(
            f"The schema `{schema}` has a regular expression in `not_products` that does not "
            f"compile: {error}. Mind that brackets and dots have a meaning."
        ) from error


def _toml(value: str | bool | tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    # TOML allows no control characters in a text
    plain = (f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else c for c in escaped)
    return f'"{"".join(plain)}"'
