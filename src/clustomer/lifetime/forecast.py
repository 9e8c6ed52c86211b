"""The forecast of a shop's customers: what each is expected to order and to bring."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import pyarrow as pa

from clustomer.customers.reason import Reason
from clustomer.documents import read_document
from clustomer.errors import InputError

SCHEMA_VERSION = 1
COLUMNS = (
    "p_alive",
    "expected_orders",
    "expected_orders_low",
    "expected_orders_high",
    "expected_revenue",
    "expected_revenue_low",
    "expected_revenue_high",
)


@dataclass(frozen=True)
class Season:
    """What the same stretch of the year brought a year earlier, beside what was expected of it.

    Attributes
    ----------
    date : str
        Its first day.
    came : float
        Orders that came over orders expected then.
    otherwise : float
        The same at the other dates together.
    factor : float
        `came` over `otherwise`: by how much the stretch stands out.
    """

    date: str
    came: float
    otherwise: float
    factor: float


@dataclass(frozen=True)
class YearBefore:
    """What the same days brought a year earlier: of all customers, those who were new included.

    Attributes
    ----------
    first_day, last_day : str
        365 days before those of the forecast.
    orders : int
        Orders of one day count as one.
    revenue : float or None
        Less what was sent back in that time; None where the log has no amounts.
    """

    first_day: str
    last_day: str
    orders: int
    revenue: float | None


@dataclass(frozen=True, eq=False)
class Forecast:
    """What customers are expected to order and to bring in the time after the cutoff.

    Attributes
    ----------
    horizon_days : int
        How far it looks.
    table : pyarrow.Table
        `user_id` and `COLUMNS`, sorted by `user_id`; NULL for customers without an order.
        Without a forecast it has no rows. `p_alive` is the probability that the customer has not
        left for good, and NULL for all where the log shows no sign that customers leave; orders
        are days with an order; revenue is less what is sent back, in the shop's currency, and NULL
        where the log has no amounts. Low and high are the ends of the
        interval that held `FORECAST_INTERVAL` of the customers with alike forecasts before.
    contest : pyarrow.Table
        What every way expected at earlier dates and what came: `part`, `way`, `customers`,
        `expected_orders`, `orders`, `total` (expected over what came), `rmse` and `auc` (of
        ordering at all), `expected_revenue`, `revenue`, `total_revenue`.
    why : Reason or None
        Why there is no forecast.
    winner, alive_by : str
        The way that orders come from, and the one that `p_alive` comes from, empty where it is
        not told.
    beats_past_rate : bool
        Whether the winner's errors were surely smaller than those of each customer's past rate.
    dates : tuple of str
        The days from which it was judged, the latest first.
    inside : float or None
        The share of customers whose orders were within an interval that did not know them.
    season : Season or None
        None where the log does not hold the same stretch a year earlier.
    year_before : YearBefore or None
        None where the log does not cover the same days a year earlier, the whole of them.
    parameters : mapping
        Of each model, as fitted to the whole window; times in days.
    """

    horizon_days: int
    table: pa.Table
    contest: pa.Table
    why: Reason | None = None
    winner: str = ""
    alive_by: str = ""
    beats_past_rate: bool = False
    dates: tuple[str, ...] = ()
    inside: float | None = None
    season: Season | None = None
    parameters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    year_before: YearBefore | None = None

    __pydantic_config__: ClassVar = {"arbitrary_types_allowed": True}

    @property
    def holds(self) -> bool:
        """Whether there is a forecast."""
        return self.why is None

    def to_json(self) -> dict[str, Any]:
        """Return everything but the tables as JSON-ready values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "horizon_days": self.horizon_days,
            "why": None if self.why is None else asdict(self.why),
            "winner": self.winner,
            "alive_by": self.alive_by,
            "beats_past_rate": self.beats_past_rate,
            "dates": list(self.dates),
            "inside": self.inside,
            "season": None if self.season is None else asdict(self.season),
            "year_before": None if self.year_before is None else asdict(self.year_before),
            "parameters": {name: dict(values) for name, values in self.parameters.items()},
        }


def no_forecast(horizon_days: int, why: Reason) -> Forecast:
    """Return what stands where there is no forecast.

    >>> no_forecast(90, Reason("forecast no orders")).holds
    False
    """
    return Forecast(horizon_days, pa.table({}), pa.table({}), why)


def read_forecast(text: str | bytes, table: pa.Table, contest: pa.Table) -> Forecast:
    """Return the forecast of a stored version.

    Parameters
    ----------
    text : str or bytes
        The content of `forecast.json`: what `Forecast.to_json` gave, as JSON.
    table, contest : pyarrow.Table
        Those of `lifetime.parquet` and `lifetime_contest.parquet`.

    Raises
    ------
    InputError
        If it is something else.

    Examples
    --------
    >>> import json
    >>> forecast = no_forecast(90, Reason("forecast no orders"))
    >>> text = json.dumps(forecast.to_json())
    >>> read_forecast(text, forecast.table, forecast.contest).why.kind
    'forecast no orders'
    >>> text = '{"schema_version": 1, "horizon_days": "long"}'
    >>> read_forecast(text, forecast.table, forecast.contest)
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: The forecast cannot be read: ...
    """
    from pydantic import TypeAdapter, ValidationError

    values = read_document(text, "forecast.json", newest=SCHEMA_VERSION)
    values.pop("schema_version")
    columns = [name for name in table.column_names if name in ("user_id", *COLUMNS)]
    try:
        return TypeAdapter(Forecast).validate_python(
            {**values, "table": table.select(columns), "contest": contest}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"The forecast cannot be read: {place}: {first['msg']}. Expected it as it was "
            "written. Run `clustomer run` again."
        ) from error
