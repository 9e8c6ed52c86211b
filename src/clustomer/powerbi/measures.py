"""The measures of the model: DAX of a few forms, each over one table of the star."""

from collections.abc import Mapping
from dataclasses import dataclass

from clustomer.powerbi.columns import COUNT, NUMBER, SHARE, StarTable

MONEY = "money"
"""Stands for the format of money, which has the shop's currency."""

HOME = "Key figures"
"""The table that the measures are shown in."""


@dataclass(frozen=True)
class Measure:
    """One measure.

    Attributes
    ----------
    name : str
    dax : str
    format : str
    description : str
    needs : tuple of str
        `Table[Column]`: without one of these the measure is left out, as it is without a measure
        that it is made of.
    folder : str
        Where Power BI lists it.
    """

    name: str
    dax: str
    format: str
    description: str
    needs: tuple[str, ...]
    folder: str = "Customers"


def _stage(name: str, stage: str, description: str) -> Measure:
    return Measure(
        name,
        f'CALCULATE(COUNTROWS(Customers), Customers[Stage] = "{stage}")',
        COUNT,
        description,
        ("Customers[Stage]",),
        "Lifecycle",
    )


MEASURES = (
    Measure(
        "Number of customers",
        "COUNTROWS(Customers)",
        COUNT,
        "How many customers there are, without suspected bots.",
        ("Customers[Customer]",),
    ),
    Measure(
        "Share of customers",
        "DIVIDE([Number of customers], CALCULATE([Number of customers], ALL(Customers)))",
        SHARE,
        "These customers over all customers, whatever is chosen.",
        ("Customers[Customer]",),
    ),
    Measure(
        "Total revenue",
        "SUM(Customers[Revenue])",
        MONEY,
        "What these customers brought in the period, less what was sent back.",
        ("Customers[Revenue]",),
        "Revenue",
    ),
    Measure(
        "Share of revenue",
        "DIVIDE([Total revenue], CALCULATE([Total revenue], ALL(Customers)))",
        SHARE,
        "Their revenue over that of all customers, whatever is chosen.",
        ("Customers[Revenue]",),
        "Revenue",
    ),
    Measure(
        "Revenue per customer",
        "AVERAGE(Customers[Revenue])",
        MONEY,
        "The mean over customers, those without an order among them.",
        ("Customers[Revenue]",),
        "Revenue",
    ),
    Measure(
        "Median revenue",
        "MEDIAN(Customers[Revenue])",
        MONEY,
        "Half of the customers brought less.",
        ("Customers[Revenue]",),
        "Revenue",
    ),
    Measure(
        "Total orders",
        "SUM(Customers[Orders])",
        COUNT,
        "How many orders these customers placed in the period.",
        ("Customers[Orders]",),
    ),
    Measure(
        "Orders per customer",
        "AVERAGE(Customers[Orders])",
        NUMBER,
        "The mean over customers, those without an order among them.",
        ("Customers[Orders]",),
    ),
    Measure(
        "Revenue per order",
        "DIVIDE([Total revenue], [Total orders])",
        MONEY,
        "Revenue over orders.",
        ("Customers[Revenue]", "Customers[Orders]"),
        "Revenue",
    ),
    Measure(
        "Customers without an order",
        "CALCULATE(COUNTROWS(Customers), Customers[Orders] = 0)",
        COUNT,
        "Customers who came and did not order in the period.",
        ("Customers[Orders]",),
    ),
    Measure(
        "Days since last activity",
        "AVERAGE(Customers[Days since the last activity])",
        "#,##0.0",
        "The mean number of days from the last event of a customer to the end of the period.",
        ("Customers[Days since the last activity]",),
    ),
    _stage("New customers", "new", "Customers in the stage new: see Lifecycle in the docs."),
    _stage("Active customers", "active", "Customers who come as often as is usual for them."),
    _stage("Slowing customers", "slowing", "Customers who take longer than usual for them."),
    _stage("Customers at risk", "at risk", "Customers who take far longer than usual for them."),
    _stage("Lapsed customers", "lapsed", "Customers who stayed away so long that few come back."),
    Measure(
        "Customers due to order",
        "CALCULATE(COUNTROWS(Customers), Customers[Due to order] = TRUE())",
        COUNT,
        "Customers who are not late and whose next order is expected within days.",
        ("Customers[Due to order]",),
        "Lifecycle",
    ),
    Measure(
        "Customers past due",
        "CALCULATE(COUNTROWS(Customers), Customers[Past due] = TRUE())",
        COUNT,
        "Of those due to order: whose date was before the end of the data.",
        ("Customers[Past due]",),
        "Lifecycle",
    ),
    Measure(
        "Customers by last order",
        "CALCULATE(COUNTROWS(Customers), USERELATIONSHIP(Customers[Last order], Dates[Date]))",
        COUNT,
        "Number of customersed on the date of their last order.",
        ("Customers[Last order]", "Dates[Date]"),
    ),
    Measure(
        "Revenue expected",
        "SUM(Lifetime[Expected revenue])",
        MONEY,
        "What these customers are expected to bring in the horizon of the forecast.",
        ("Lifetime[Expected revenue]",),
        "Forecast",
    ),
    Measure(
        "Orders expected",
        "SUM(Lifetime[Expected orders])",
        "#,##0.0",
        "How many orders they are expected to place in the horizon of the forecast.",
        ("Lifetime[Expected orders]",),
        "Forecast",
    ),
    Measure(
        "Still buying",
        "DIVIDE(CALCULATE(SUM(Cohorts[Buying]), Cohorts[Counted] = TRUE()), "
        "CALCULATE(SUM(Cohorts[Customers]), Cohorts[Counted] = TRUE()))",
        SHARE,
        "Of the customers of a cohort, how many ordered in the period of that age; cohorts and "
        "periods that the log holds only in part, and the first cohort, are left out.",
        ("Cohorts[Buying]", "Cohorts[Counted]"),
        "Cohorts",
    ),
    Measure(
        "Still active",
        "DIVIDE(CALCULATE(SUM(Cohorts[Active]), Cohorts[Counted] = TRUE()), "
        "CALCULATE(SUM(Cohorts[Customers]), Cohorts[Counted] = TRUE()))",
        SHARE,
        "Of the customers of a cohort, how many came in the period of that age; counted as in "
        "Still buying.",
        ("Cohorts[Active]", "Cohorts[Counted]"),
        "Cohorts",
    ),
    Measure(
        "Revenue of the period",
        "SUM('Over time'[Revenue])",
        MONEY,
        "Sales less returns in the days, weeks or months that are shown.",
        ("Over time[Revenue]",),
        "Over time",
    ),
    Measure(
        "Orders of the period",
        "SUM('Over time'[Orders])",
        COUNT,
        "Orders in the days, weeks or months that are shown.",
        ("Over time[Orders]",),
        "Over time",
    ),
    Measure(
        "Customers of the period",
        "IF(HASONEVALUE('Over time'[Period]), SUM('Over time'[Customers]))",
        COUNT,
        "Who came in one day, week or month; empty over several, since many come in each.",
        ("Over time[Customers]",),
        "Over time",
    ),
    Measure(
        "New in the period",
        "SUM('Over time'[New])",
        COUNT,
        "Who came for the first time; empty in the first period, of which nobody knows.",
        ("Over time[New]",),
        "Over time",
    ),
    Measure(
        "Mean of the feature",
        "SELECTEDVALUE(Profiles[Mean])",
        NUMBER,
        "The mean of one feature in one segment.",
        ("Profiles[Mean]",),
        "Profiles",
    ),
    Measure(
        "Median of the feature",
        "SELECTEDVALUE(Profiles[Median])",
        NUMBER,
        "The median of one feature in one segment.",
        ("Profiles[Median]",),
        "Profiles",
    ),
    Measure(
        "Difference from everyone",
        "SELECTEDVALUE(Profiles[Difference])",
        "+0.00;-0.00;0.00",
        "How far the segment's mean is from everyone's, in standard deviations on the scale of "
        "the fit.",
        ("Profiles[Difference]",),
        "Profiles",
    ),
    Measure(
        "Customers with a list",
        "DISTINCTCOUNT(Recommendations[Customer key])",
        COUNT,
        "Customers to whom products are recommended.",
        ("Recommendations[Customer key]",),
        "Products",
    ),
)
"""Every measure, in the order in which they are declared; a version has those whose columns it
has."""


def measures_for(tables: Mapping[str, StarTable]) -> tuple[Measure, ...]:
    """Return the measures whose columns are all there."""
    return tuple(m for m in MEASURES if all(_is_there(need, tables) for need in m.needs))


def _is_there(need: str, tables: Mapping[str, StarTable]) -> bool:
    table, _, column = need.removesuffix("]").partition("[")
    return table in tables and tables[table].has(column)
