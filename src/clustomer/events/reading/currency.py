"""Currencies of a source: amounts of several are never added up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from clustomer.engines import DuckDB, quoted
from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.events.reading.notations import sql_text
from clustomer.events.reading.numbers import MONEY, code_expression, code_of
from clustomer.events.sources import open_source
from clustomer.progress import counted

MAX_LISTED = 12

_SAME_SIGN: Mapping[str, str] = MappingProxyType(
    {
        "USD": "CAD AUD NZD MXN ARS CLP COP SGD HKD TWD BRL",
        "JPY": "CNY",
        "GBP": "EGP",
        "INR": "PKR LKR NPR",
        "CHF": "XOF XAF",
        "KR": "SEK NOK DKK ISK CZK",
    }
)
"""Currencies that are written with the sign of another one."""


@dataclass(frozen=True)
class Exchange:
    """What was asked for where a source has several currencies.

    `only` keeps the amounts of one; `rates` says what a unit of each is worth in the
    shop's currency.
    """

    only: str | None = None
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def require_one(self, counts: Mapping[str, int], label: str) -> None:
        """Check that what is left of some currencies is one.

        Raises
        ------
        InputError
            If it is not, with the currencies and their rows.
        """
        listed = ", ".join(
            f"{code} ({counted(n, 'row')})" for code, n in list(counts.items())[:MAX_LISTED]
        )
        if self.only is not None and self.only not in counts:
            raise InputError(
                f"--only-currency is {self.only}, but {label} has "
                + (f"these currencies: {listed}." if counts else "no amount in a named currency.")
            )
        unknown = [code for code in counts if code not in self.rates]
        if self.rates and unknown:
            raise InputError(
                f"{label} has amounts in {', '.join(unknown)}, for which --rates has no rate. Add "
                f"a line for each; there are {listed}."
            )
        if len(counts) > 1 and self.only is None and not self.rates:
            raise InputError(
                f"{label} has amounts in {len(counts)} currencies, which are never added up: "
                f"{listed}. Take one of them with --only-currency {next(iter(counts))}, or name a "
                "file with what a unit of each is worth (columns currency and rate): --rates FILE"
            )

    def other_than(self, currency: str | None, named: Mapping[str, int]) -> str | None:
        """Return the warning that amounts are in another currency than reports will say.

        `named` are the currencies of the source with their rows; a sign such as $ is that of
        several.

        >>> Exchange().other_than("CAD", {"USD": 3}) is None
        True
        >>> str(Exchange().other_than("EUR", {"USD": 3})).split(":")[0]
        '--currency is EUR, but amounts are in USD (3 rows), and stay as they are'
        """
        if currency is None:
            return None
        currency = code_of(currency)
        if self.rates:
            into = [code for code, rate in self.rates.items() if rate == 1]
            if not into or currency in into:
                return None
            return (
                f"--currency is {currency}, but --rates converts into {' and '.join(into)}, whose "
                "rate is 1."
            )
        code = self.only or next(iter(named), None)
        if code is None or currency in {code, *_SAME_SIGN.get(code, "").split()}:
            return None
        rows = f" ({counted(named[code], 'row')})" if code in named else ""
        return (
            f"--currency is {currency}, but amounts are in {code}{rows}, and stay as they are: say "
            f"{code}, or convert them with --rates FILE."
        )

    def amount(self, price: str, code: str) -> str:
        """Return DuckDB SQL for an amount in the shop's currency."""
        if not self.rates:
            return price
        cases = " ".join(
            f"WHEN {sql_text(currency)} THEN CAST({rate} AS DECIMAL(20, 9))"
            for currency, rate in self.rates.items()
        )
        # an amount that names no currency is in the shop's own
        return f"TRY_CAST({price} * CASE {code} {cases} ELSE 1 END AS {MONEY})"


def read_rates(engine: DuckDB, source: Any) -> dict[str, Decimal]:
    """Return the rates in a file with the columns `currency` and `rate`.

    Raises
    ------
    InputError
        If it lacks a column, or a rate is no number above 0.
    """
    opened = open_source(engine, source)
    present = {name.lower(): name for name in opened.columns}
    for name in ("currency", "rate"):
        if name not in present:
            raise InputError(
                f"The rates in {opened.label} have no column `{name}`. "
                f"{did_you_mean(name, opened.columns)} Expected two columns: `currency`, and "
                "`rate`, what one unit of it is worth in the shop's currency."
            )
    fields = ", ".join(f"CAST({quoted(present[name])} AS VARCHAR)" for name in ("currency", "rate"))
    with opened.opened():
        rows = engine.rows(
            f"SELECT {fields} FROM {opened.relation} ORDER BY ALL", opened.parameters
        )
    rates: dict[str, Decimal] = {}
    for currency, rate in rows:
        code = str(currency or "").strip().upper()
        try:
            value = Decimal(str(rate).strip())
        except InvalidOperation:
            value = Decimal(0)
        if not code or not value.is_finite() or value <= 0:
            raise InputError(
                f"The rates in {opened.label} say that {currency!r} is worth {rate!r}. Expected a "
                "currency and a number above 0 with a decimal point."
            )
        if rates.setdefault(code, value) != value:
            raise InputError(f"The rates in {opened.label} have two rates for {code}. Keep one.")
    if not rates:
        raise InputError(f"The rates in {opened.label} have no line. Expected a rate for each.")
    return rates


def asked(engine: DuckDB, only_currency: str | None, rates: Any) -> Exchange:
    """Return what was asked for, from options.

    Raises
    ------
    UsageError
        If both a single currency and rates were asked for.
    """
    if only_currency is not None and rates is not None:
        raise UsageError(
            "--only-currency leaves out all currencies but one, and --rates converts them. Leave "
            "out one of the two."
        )
    return Exchange(
        only=only_currency.strip().upper() if only_currency is not None else None,
        rates=read_rates(engine, rates) if rates is not None else {},
    )


def currency_counts(engine: DuckDB, values: str, parameters: list[Any]) -> dict[str, int]:
    """Return the currencies that a column names, with their rows, the commonest first."""
    code = code_expression("currency")
    return dict(
        engine.rows(
            f"SELECT {code} AS code, COUNT(*) AS n FROM ({values}) WHERE currency IS NOT NULL "
            "AND price IS NOT NULL GROUP BY code ORDER BY n DESC, code",
            parameters,
        )
    )
