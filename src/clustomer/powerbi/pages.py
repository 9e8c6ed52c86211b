"""The pages of the report: which visuals stand where."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from clustomer.powerbi.columns import StarTable
from clustomer.powerbi.measures import Measure
from clustomer.powerbi.visuals import Field, Visual


@dataclass(frozen=True)
class Page:
    """A page: its name, and its visuals from left to right and from top to bottom."""

    name: str
    visuals: tuple[Visual, ...]


def pages_for(
    tables: Mapping[str, StarTable],
    measures: Sequence[Measure],
    *,
    opening: str,
) -> tuple[Page, ...]:
    """Return the pages, of visuals whose fields are in the model.

    A visual without one of its fields shows the others; it is left out without a table that it is
    of, or with nothing in one of its roles. `opening` is the sentence on top of the first page.
    """
    names = {measure.name for measure in measures}

    def is_there(field: Field) -> bool:
        if not field.table:
            return field.name in names
        return field.table in tables and tables[field.table].has(field.name)

    pages = []
    for page in _pages(opening):
        visuals = tuple(
            kept
            for visual in page.visuals
            if {field.table for field in visual.fields} <= {"", *tables}
            and (kept := _fitting(visual, is_there)) is not None
        )
        if any(visual.kind not in ("textbox", "slicer") for visual in visuals):
            pages.append(replace(page, visuals=visuals))
    return tuple(pages)


def _fitting(visual: Visual, is_there: Callable[[Field], bool]) -> Visual | None:
    roles = {
        role: tuple(field for field in fields if is_there(field))
        for role, fields in visual.roles.items()
    }
    if any(not fields for fields in roles.values()):
        return None
    sort = visual.sort if visual.sort is not None and is_there(visual.sort) else None
    return replace(visual, roles=roles, sort=sort)


def _columns(table: str, *names: str) -> tuple[Field, ...]:
    return tuple(Field(name, table) for name in names)


def _measures(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names)


SEGMENT = Field("Segment", "Segments")


def _pages(opening: str) -> tuple[Page, ...]:
    return (_overview(opening), _segments(), _customers(), _cohorts(), _products(), _facts())


def _overview(opening: str) -> Page:
    return Page(
        "Overview",
        (
            Visual("textbox", opening, (20, 10, 1240, 70), {}),
            Visual(
                "cardVisual",
                "Key figures",
                (20, 85, 1240, 130),
                {
                    "Data": _measures(
                        "Number of customers",
                        "Total orders",
                        "Total revenue",
                        "Revenue per order",
                        "Revenue expected",
                    )
                },
            ),
            Visual(
                "barChart",
                "Share of customers by segment",
                (20, 225, 405, 235),
                {"Category": (SEGMENT,), "Y": _measures("Share of customers")},
                Field("Share of customers"),
            ),
            Visual(
                "barChart",
                "Share of revenue by segment",
                (435, 225, 405, 235),
                {"Category": (SEGMENT,), "Y": _measures("Share of revenue")},
                Field("Share of revenue"),
            ),
            Visual(
                "lineChart",
                "Revenue over time",
                (850, 225, 410, 235),
                {
                    "Category": _columns("Over time", "Period"),
                    "Y": _measures("Revenue of the period"),
                },
                Field("Period", "Over time"),
                descending=False,
            ),
            Visual(
                "tableEx",
                "What the report says of each segment",
                (20, 470, 1240, 240),
                {"Values": (SEGMENT, *_columns("Advice", "Line", "About", "Text"))},
                Field("Line", "Advice"),
                descending=False,
            ),
        ),
    )


def _segments() -> Page:
    return Page(
        "Segments",
        (
            Visual("slicer", "Segment", (20, 6, 300, 78), {"Values": (SEGMENT,)}),
            Visual(
                "tableEx",
                "Segments and their certificates",
                (20, 90, 1240, 220),
                {
                    "Values": (
                        SEGMENT,
                        *_measures(
                            "Number of customers",
                            "Share of customers",
                            "Total revenue",
                            "Share of revenue",
                            "Orders per customer",
                            "Revenue per customer",
                        ),
                        *_columns("Segments", "Stable", "Set apart", "Predictive", "Usable"),
                    )
                },
                Field("Total revenue"),
            ),
            Visual(
                "pivotTable",
                "Mean of each feature",
                (20, 320, 740, 390),
                {
                    "Rows": _columns("Profiles", "Feature"),
                    "Columns": (SEGMENT,),
                    "Values": _measures("Mean of the feature"),
                },
            ),
            Visual(
                "pivotTable",
                "Difference from everyone, in standard deviations",
                (770, 320, 490, 390),
                {
                    "Rows": _columns("Profiles", "Feature"),
                    "Columns": (SEGMENT,),
                    "Values": _measures("Difference from everyone"),
                },
            ),
        ),
    )


def _customers() -> Page:
    return Page(
        "Customers",
        (
            Visual("slicer", "Segment", (20, 6, 300, 78), {"Values": (SEGMENT,)}),
            Visual(
                "slicer", "Stage", (330, 6, 300, 78), {"Values": _columns("Customers", "Stage")}
            ),
            Visual(
                "slicer",
                "Plain group",
                (640, 6, 300, 78),
                {"Values": _columns("Customers", "Plain group")},
            ),
            Visual(
                "clusteredColumnChart",
                "Customers by stage",
                (20, 90, 610, 220),
                {"Category": _columns("Customers", "Stage"), "Y": _measures("Number of customers")},
                Field("Number of customers"),
            ),
            Visual(
                "clusteredColumnChart",
                "Customers by the month of their last order",
                (640, 90, 620, 220),
                {
                    "Category": _columns("Dates", "Month"),
                    "Y": _measures("Customers by last order"),
                },
                Field("Month", "Dates"),
                descending=False,
            ),
            Visual(
                "tableEx",
                "Customers",
                (20, 320, 1240, 390),
                {
                    "Values": (
                        *_columns("Customers", "Customer"),
                        SEGMENT,
                        *_columns(
                            "Customers",
                            "Stage",
                            "Orders",
                            "Revenue",
                            "Last order",
                            "Next order expected",
                        ),
                        *_measures("Orders expected", "Revenue expected"),
                    )
                },
                Field("Revenue", "Customers"),
            ),
        ),
    )


def _cohorts() -> Page:
    return Page(
        "Cohorts",
        (
            Visual("slicer", "Segment", (20, 6, 300, 78), {"Values": (SEGMENT,)}),
            Visual(
                "lineChart",
                "Still buying, by periods since arrival",
                (20, 90, 610, 270),
                {"Category": _columns("Cohorts", "Age"), "Y": _measures("Still buying")},
                Field("Age", "Cohorts"),
                descending=False,
            ),
            Visual(
                "clusteredColumnChart",
                "Customers of each period, and those who were new",
                (640, 90, 620, 270),
                {
                    "Category": _columns("Over time", "Period"),
                    "Y": _measures("Customers of the period", "New in the period"),
                },
                Field("Period", "Over time"),
                descending=False,
            ),
            Visual(
                "pivotTable",
                "Still buying, by cohort and periods since arrival",
                (20, 370, 1240, 340),
                {
                    "Rows": _columns("Cohorts", "Cohort name"),
                    "Columns": _columns("Cohorts", "Age"),
                    "Values": _measures("Still buying"),
                },
            ),
        ),
    )


def _products() -> Page:
    return Page(
        "Products",
        (
            Visual("slicer", "Segment", (20, 6, 300, 78), {"Values": (SEGMENT,)}),
            Visual(
                "tableEx",
                "What segments want",
                (20, 90, 1240, 260),
                {
                    "Values": (
                        SEGMENT,
                        *_columns(
                            "Wanted products",
                            "About",
                            "Place",
                            "Product",
                            "Customers",
                            "Share",
                            "Share elsewhere",
                            "Times as often",
                        ),
                    )
                },
                Field("Place", "Wanted products"),
                descending=False,
            ),
            Visual(
                "tableEx",
                "The list of each customer",
                (20, 360, 1240, 350),
                {
                    "Values": (
                        *_columns("Customers", "Customer"),
                        SEGMENT,
                        *_columns("Recommendations", "Rank", "Product", "Reason", "Because of"),
                    )
                },
                Field("Rank", "Recommendations"),
                descending=False,
            ),
        ),
    )


def _facts() -> Page:
    return Page(
        "Facts",
        (
            Visual("slicer", "About", (20, 6, 300, 78), {"Values": _columns("Facts", "About")}),
            Visual(
                "tableEx",
                "Every number of the report, and how it is computed again",
                (20, 90, 1240, 620),
                {
                    "Values": _columns(
                        "Facts", "Fact", "About", "As the report writes it", "Unit", "SQL"
                    )
                },
                Field("Fact", "Facts"),
                descending=False,
            ),
        ),
    )
