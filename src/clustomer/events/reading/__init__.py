"""Reading: which notation a column has, decided over all of its values, and how it is read."""

from clustomer.events.reading.amounts import (
    AmountReading,
    decide_amounts,
    divide_amounts,
    settle_amounts,
)
from clustomer.events.reading.below_zero import BelowZero
from clustomer.events.reading.costs import CostReading, settle_costs
from clustomer.events.reading.currency import Exchange, asked
from clustomer.events.reading.notations import sql_text
from clustomer.events.reading.numbers import (
    GROUPED,
    MONEY,
    NumberReading,
    are_currencies,
    code_expression,
    currency_expression,
    number_expression,
)
from clustomer.events.reading.plan import Readings, first_readings, settled
from clustomer.events.reading.product_names import (
    NamesReading,
    called,
    names_of_products,
    set_names_aside,
)
from clustomer.events.reading.sentinels import sentinels_in
from clustomer.events.reading.times import TimeReading, plausible, with_times

__all__ = [
    "GROUPED",
    "MONEY",
    "AmountReading",
    "BelowZero",
    "CostReading",
    "Exchange",
    "NamesReading",
    "NumberReading",
    "Readings",
    "TimeReading",
    "are_currencies",
    "asked",
    "called",
    "code_expression",
    "currency_expression",
    "decide_amounts",
    "divide_amounts",
    "first_readings",
    "names_of_products",
    "number_expression",
    "plausible",
    "sentinels_in",
    "set_names_aside",
    "settle_amounts",
    "settle_costs",
    "settled",
    "sql_text",
    "with_times",
]
