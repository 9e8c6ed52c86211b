"""The picture of the forecast: what was expected of customers before, beside what came."""

import pyarrow as pa

from clustomer.lifetime import Forecast
from clustomer.outputs.charts import Figure, forecast_chart
from clustomer.outputs.figures.pen import Pen

_TENTHS = (
    "Highest tenth",
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Lowest tenth",
)


def forecast_figure(pen: Pen, forecast: Forecast) -> Figure:
    """Draw the orders that were expected of each tenth of the customers, and those that came."""
    rows = []
    for number, name in enumerate(_TENTHS, 1):
        row: dict[str, object] = {"name": name}
        for key, column in (("expected", "expected_orders"), ("came", "orders")):
            fact_id = f"expected.tenth.{number}.{column}"
            label = pen.label(fact_id)
            row |= {key: pen.facts[fact_id].value, f"{key}_text": label.text}
            row[f"{key}_facts"] = label.facts
        rows.append(row)
    dates = "from an earlier date on" if len(forecast.dates) == 1 else "from earlier dates on"
    table = pa.Table.from_pylist(rows)
    return pen.draw(
        "forecast",
        lambda layout: forecast_chart(table, layout=layout),
        title="Orders that were expected, and orders that came",
        note=f"Customers by how many orders were expected of them {dates}, a tenth in each row; "
        "orders of one day count as one.",
        description="Bars, two for each tenth of the customers: of the highest "
        "{expected.tenth.1.expected_orders} orders were expected and {expected.tenth.1.orders} "
        "came, of the lowest {expected.tenth.10.expected_orders} and {expected.tenth.10.orders}.",
    )
