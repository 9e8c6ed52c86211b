"""Why did revenue change? The parts of the latest change, and which are more than chance."""

from collections.abc import Iterator, Mapping

from clustomer.customers.reason import Reason
from clustomer.history import ARRIVED, Part, RevenueChange, change_table
from clustomer.insights.blocks import Block, Bullets, Column, Folded, Paragraph, Row, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, decimals_for, escape
from clustomer.insights.study import Study

_TITLES = {
    "movement": "More or fewer of them",
    "orders": "Orders of a customer",
    "value": "Value of an order",
    "returns": "Returns",
}
_DID = {
    "movement": ("more customers were", "fewer customers were"),
    "orders": ("ordered more often", "ordered less often"),
    "value": ("had orders of a higher value", "had orders of a lower value"),
    "returns": ("sent back less", "sent back more"),
}
_MOST = 5


class ChangeChapter(Chapter):
    """What each segment contributed to the change of revenue."""

    name = "revenue-change"
    title = "Why did revenue change?"
    short = "Change of revenue"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where no two periods can be compared."""
        if study.history is None or isinstance(study.history.revenue_change, Reason):
            return "no two periods can be compared"
        return None

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `change.amount`, `change.S1.orders` and the like."""
        for row in change_table(_of(study).change).to_pylist():
            for column in ("amount", "error"):
                value = row[column]
                if value is not None:
                    source = {
                        "table": "revenue_change.parquet",
                        "key": f"part={row['part']}",
                        "column": column,
                        "aggregate": "value",
                    }
                    name = f"change.{row['part']}" + (".error" if column == "error" else "")
                    decimals = decimals_for(value, "currency")
                    yield Fact(name, value, "currency", decimals, None, source)
        yield Fact("change.days", _of(study).days, "days", 0, None, _of_run("days"))

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the change, the parts that are more than chance, and all parts."""
        compared = _of(study)
        change = compared.change
        before, after = f"{{period.{compared.before}.name}}", f"{{period.{compared.after}.name}}"
        way = "rose" if change.amount > 0 else "fell" if change.amount < 0 else "stayed the same"
        sentence = (
            f"From {before} to {after} revenue {way} from {{change.before}} to {{change.after}}, "
            "by {change.total}, with a standard error of {change.total.error}."
        )
        if change.named:
            yield Paragraph(sentence)
            names = _names(study)
            yield Bullets(
                tuple(_sentence(part, names) for part in change.named[:_MOST]),
                "More than chance",
            )
        elif change.surely:
            yield Paragraph(
                f"{sentence} That is more than chance, but no single part of it is: it is spread "
                "over several."
            )
        else:
            yield Paragraph(
                f"{sentence} A change of that size is within what a shop with such customers shows "
                "by chance, and so is each of its parts: there is nothing to explain."
            )
        note = Paragraph(
            "The parts add up to the change. A segment is what the stored rule says of a customer "
            "in the {change.days} before the period; who was not seen in them has just arrived. "
            "More or fewer customers of a segment, at what these bring, are apart from what its "
            "customers did. Each part is the mean over all orders in which the factors can be "
            "changed one after the other (Shapley values). A part is told where it is so large "
            "that by chance not even one of all would be ({threshold.attribute_chance} for all "
            "together, after Bonferroni). The parts say where revenue changed, not why, and know "
            "nothing of seasons.",
            "note",
        )
        yield Folded("All parts of the change", (_parts_table(study, compared), note))


def _of(study: Study) -> RevenueChange:
    assert study.history is not None
    assert isinstance(study.history.revenue_change, RevenueChange)
    return study.history.revenue_change


def _names(study: Study) -> dict[str, str]:
    return {**study.names, ARRIVED: "Customers who have just arrived"}


def _sentence(part: Part, names: Mapping[str, str]) -> str:
    amount = f"{{change.{part.key}}}"
    up = part.amount > 0
    if not part.group:
        return f"There were {'more' if up else 'fewer'} customers in all: {amount}."
    did = _DID[part.factor][0 if up else 1]
    name = escape(names[part.group])
    if part.factor == "movement":
        return f"{name}: {did} among them, at what they bring: {amount}."
    return f"{name} {did}: {amount}."


def _parts_table(study: Study, compared: RevenueChange) -> Table:
    names = _names(study)
    by_group: dict[str, dict[str, Part]] = {}
    for part in compared.change.parts:
        by_group.setdefault(part.group, {})[part.factor] = part
    rows = [
        Row(
            (
                name,
                *(
                    f"{{change.{by_group[key][factor].key}}}"
                    + (" *" if by_group[key][factor].surely else "")
                    for factor in _TITLES
                ),
            ),
            key if key in study.names else None,
        )
        for key, name in names.items()
        if key in by_group
    ]
    rows.append(Row(("All customers: more or fewer", "{change.customers}", "–", "–", "–")))
    columns = (Column("Segment", "name"), *(Column(title) for title in _TITLES.values()))
    return Table("Parts of the change; * more than chance", columns, tuple(rows))


def _of_run(name: str) -> dict[str, str]:
    return {
        "table": "run",
        "key": "history/revenue_change",
        "column": name,
        "aggregate": "value",
    }
