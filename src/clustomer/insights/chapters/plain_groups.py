"""Everyone by plain, defined facts: who never ordered, ordered once, again, and spends most."""

from collections.abc import Iterator, Mapping
from math import fsum

from clustomer.insights.advice import ADVICE
from clustomer.insights.advice.declaration import text_for
from clustomer.insights.blocks import Block, Column, Paragraph, Place, Row, Section, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, decimals_for, made_of
from clustomer.insights.naming.groups import DEFINED_GROUP, GROUPS, PlainGroup
from clustomer.insights.study import Study

TITLE = "Plain groups: defined, not found"
ANCHOR = "plain-groups"
_ALONE = (
    "No groups that differ were found in these customers. These hold all the same, since they are "
    "definitions: who ordered nothing, once, again, and who spent most. They claim nothing more."
)
_BESIDE = "Whatever the segments are worth, these hold: they are definitions, and claim no more."
_WHERE = "The column defined_group of segments.csv says who is in which."


class PlainGroups(Chapter):
    """The plain groups, in the report where nothing was found, else in its appendix."""

    name = ANCHOR
    title = TITLE

    def needs(self, study: Study) -> str | None:
        """Return what is missing where neither orders nor visits are known."""
        columns = study.tables["segments"].column_names
        return None if DEFINED_GROUP in columns else "neither orders nor visits are known"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `group.top.customers`, `group.top.share`, `.revenue` and `.revenue_share`."""
        everyone = study.everyone
        for group, customers, revenue in study.once(_sums):
            key = f"group.{group.key}"
            yield _of_rows(f"{key}.customers", customers, "customers", group, DEFINED_GROUP)
            share = customers / everyone.customers
            ids = f"{key}.customers everyone.customers"
            yield made_of(f"{key}.share", share, "share", ids, "ratio")
            if revenue is None:
                continue
            yield _of_rows(f"{key}.revenue", revenue, "currency", group, "revenue")
            if everyone.revenue is not None and everyone.revenue > 0:
                ids = f"{key}.revenue everyone.revenue"
                share = revenue / everyone.revenue
                yield made_of(f"{key}.revenue_share", share, "share", ids, "ratio")

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the table of groups, and where nothing was found a smaller one for the screen."""
        alone = not study.segmentation.structure and not study.defined
        place: Place = "main" if alone else "appendix"
        table = _table(study, facts)
        lead = Paragraph(f"{_ALONE if alone else _BESIDE} {_WHERE}")
        yield Section(TITLE, (lead, table), place, ANCHOR, "Plain groups" if alone else "")
        if alone:
            yield Section(TITLE, (_small(table), Paragraph(_WHERE, "aside")), "screen")


def _sums(study: Study) -> tuple[tuple[PlainGroup, int, float | None], ...]:
    """Return how many customers each group has, and what they brought."""
    rows = study.tables["segments"]
    names = rows[DEFINED_GROUP].to_pylist()
    revenues = rows["revenue"].to_pylist() if "revenue" in rows.column_names else None
    sums = []
    for group in GROUPS:
        places = [place for place, name in enumerate(names) if name == group.name]
        if places:
            amounts = None if revenues is None else [revenues[place] or 0.0 for place in places]
            sums.append((group, len(places), None if amounts is None else _total(amounts)))
    return tuple(sums)


def _total(amounts: list[float]) -> float:
    return fsum(amounts)


def _table(study: Study, facts: Mapping[str, Fact]) -> Table:
    numbers = [
        (name, title)
        for name, title in (
            ("customers", "Customers"),
            ("share", "Share of customers"),
            ("revenue", "Revenue"),
            ("revenue_share", "Share of revenue"),
        )
        if any(fact.startswith("group.") and fact.endswith(f".{name}") for fact in facts)
    ]
    rows = []
    for group, _, _ in study.once(_sums):
        cells = [
            f"{{{fact}}}" if (fact := f"group.{group.key}.{name}") in facts else "–"
            for name, _ in numbers
        ]
        revenue = facts.get(f"group.{group.key}.revenue")
        kind = group.kind
        if kind == "non_buyers" and revenue is not None and float(revenue.value or 0) < 0:
            kind = "net_returners"  # they sent back what they bought before the data begin
        step = text_for(ADVICE[kind].headline, lambda *names: False)
        rows.append(Row((group.name, group.claim, *cells, step)))
    columns = (
        Column("Group", "name"),
        Column("Who", "words"),
        *(Column(title) for _, title in numbers),
        Column("What to do", "step"),
    )
    return Table(TITLE, columns, tuple(rows))


def _small(table: Table) -> Table:
    """Return the columns of numbers alone."""
    kept = [
        place for place, column in enumerate(table.columns) if column.kind in ("name", "number")
    ]
    rows = tuple(Row(tuple(row.cells[place] for place in kept)) for row in table.rows)
    return Table(table.label, tuple(table.columns[place] for place in kept), rows)


def _of_rows(name: str, value: float, unit: str, group: PlainGroup, column: str) -> Fact:
    source = {
        "table": "segments",
        "key": f"{DEFINED_GROUP}={group.name}",
        "column": column,
        "aggregate": "count" if column == DEFINED_GROUP else "sum",
    }
    return Fact(name, value, unit, decimals_for(value, unit), None, source)
