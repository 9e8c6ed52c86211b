"""Whether amounts are in whole units of their currency, or in its smallest: cents, pence, öre."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import AmbiguousError
from clustomer.events.reading.numbers import MONEY
from clustomer.events.schema import EventSchema

OF_SMALLEST_UNITS = re.compile(
    r"(?:^|[^a-z])(cents?|pence|centimes?|centavos?|c[eé]ntimos?|centesimi|pfennige?|kopecks?|"
    r"minor([ _.-]?units?)?|subunits?)(?:$|[^a-z])",
    re.IGNORECASE,
)
"""Names of columns that say so, such as `amount_cents` or `total_in_minor_units`."""

WITHOUT_SMALLER = (
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
)  # fmt: skip
"""Currencies whose smallest unit is the unit itself, as payment services count them."""

OF_A_THOUSAND = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
"""Currencies of a thousand smaller units (ISO 4217)."""


@dataclass(frozen=True)
class UnitReading:
    """What an amount counts.

    `of` is "major" (euros) or "minor" (cents); `sample` shows an amount as it is read.
    """

    of: str = "major"
    column: str = ""
    decided: str = ""
    sample: str = ""

    @property
    def doubtful(self) -> bool:
        """Whether the amounts might have been read in another way."""
        return self.of == "minor"

    @property
    def sentence(self) -> str:
        """What the amounts were taken for, and why."""
        shown = f" ({self.sample})" if self.sample else ""
        return (
            f"`{self.column}` was taken as the smallest unit of its currency, such as "
            f"cents{shown}: {self.decided}."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the decision as JSON-ready values."""
        return {
            "column": "amounts_in",
            "source": self.column,
            "notation": self.of,
            "decided": self.decided,
            "sample": self.sample or None,
        }

    def amount(self, price: str, code: str) -> str:
        """Return DuckDB SQL for an amount in whole units of its currency."""
        return f"TRY_CAST({price} * {_worth(code)} AS {MONEY})" if self.of == "minor" else price


def _worth(code: str) -> str:
    undivided, thousand = (
        ", ".join(f"'{currency}'" for currency in some) for some in (WITHOUT_SMALLER, OF_A_THOUSAND)
    )
    return (
        f"CASE WHEN ({code}) IN ({undivided}) THEN 1.000 WHEN ({code}) IN ({thousand}) THEN 0.001 "
        "ELSE 0.010 END"
    )


def decide_unit(
    engine: DuckDB,
    values: str,
    parameters: list[Any],
    schema: EventSchema,
    label: str,
    currencies: Mapping[str, int],
) -> UnitReading:
    """Return what the amounts of a source count.

    Parameters
    ----------
    engine : DuckDB
    values : str
        SQL with the columns `price` and `currency`, as the source has them.
    parameters : list
        Of that query.
    schema : EventSchema
    label : str
        The source, in messages.
    currencies : mapping
        Those of the source, with their rows.

    Raises
    ------
    AmbiguousError
        If amounts are whole numbers, and written as services that count cents write them.
    """
    if "price" not in schema.columns:
        return UnitReading()
    column = " or ".join(schema.paths["price"])
    named = OF_SMALLEST_UNITS.search(column) is not None
    if schema.amounts_in == "major":
        return UnitReading("major", column, "as the schema says")
    if schema.amounts_in is None and not named and schema.currency is None:
        return UnitReading("major", column)
    currency = "CAST(currency AS VARCHAR)" if schema.currency is not None else "''"
    integers, lower, most = engine.rows(
        "SELECT BOOL_AND(REGEXP_FULL_MATCH(TRIM(price), '-?[0-9]+')), "
        "BOOL_AND(REGEXP_FULL_MATCH(TRIM(currency), '[a-z]{3}')), "
        "MAX(ABS(TRY_CAST(price AS HUGEINT))) FROM (SELECT CAST(price AS VARCHAR) AS price, "
        f"{currency} AS currency FROM ({values})) WHERE price IS NOT NULL",
        parameters,
    )[0]
    code = next(iter(currencies), "")
    sample = _sample(int(most), code) if integers and most else ""
    if schema.amounts_in == "minor":
        return UnitReading("minor", column, "as the schema says", sample)
    smaller = set(currencies) - set(WITHOUT_SMALLER)
    if named and integers:
        return UnitReading("minor", column, "its name says so, and all are whole numbers", sample)
    # an object of an amount and its currency, as services write them
    object_of_money = (
        "." in column
        and schema.currency is not None
        and (column.rpartition(".")[0] == schema.currency.rpartition(".")[0])
    )
    if named or (integers and (lower or object_of_money) and smaller and most >= 100):
        why = (
            "Its name says so, but not all are whole numbers"
            if named
            else f"All are whole numbers beside a currency in one object ({code}), and some "
            "services count cents so"
            if object_of_money and not lower
            else f"All are whole numbers beside a currency in small letters ({code.lower()}), as "
            "services write them that count cents"
        )
        raise AmbiguousError(
            f"Are the amounts in the column `{column}` of {label} in the smallest unit of the "
            f"currency, such as cents? {why}.",
            "amounts_in",
            {"minor": sample or "cents", "major": f"{most:,} is {most:,}.00" if most else ""},
        )
    return UnitReading("major", column)


def _sample(amount: int, code: str) -> str:
    places = 0 if code in WITHOUT_SMALLER else 3 if code in OF_A_THOUSAND else 2
    return f"{amount:,} is {amount / 10**places:,.{places}f} {code}".rstrip()
