"""What counted most when segments were found, and why."""

from collections.abc import Iterator, Mapping

from clustomer.insights.blocks import Block, Column, Paragraph, Row, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, escape
from clustomer.insights.reasons import weights_sentence
from clustomer.insights.study import Study

_NOTE = (
    "Told: the correlation of the feature, as it was at the earlier date, with what the customers "
    "did from then on (whether they bought, and how much), as a root mean square; zero is nothing. "
    "Half of what a feature counts is its own by right. The other half follows what it told, drawn "
    "towards equal by how unsure that is, and none counts more than {threshold.highest_weight}. "
    "The customers of the other half, who judge the segments, had no say."
)


class CountedMost(Chapter):
    """How much each feature counted, the most important first."""

    name = "counted"
    title = "What counted most"
    place = "appendix"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where nothing was learned or could be."""
        if study.tables["segmentation"].get("weights") is None:
            return "no weights were looked for"
        return None

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `weights.customers`, `weights.orders`, `weights.orders.told` and the like."""
        weights = study.tables["segmentation"]["weights"]
        if not weights["features"]:
            return
        for name, unit in (("customers", "customers"), ("horizon_days", "days")):
            value = weights[name]
            decimals = 1 if unit == "days" and value != int(value) else 0
            yield _fact(f"weights.{name}", value, unit, decimals, "weights", name)
        for place, part in enumerate(weights["features"]):
            key = f"weights/features/{place}"
            yield _fact(f"weights.{part['name']}", part["weight"], "score", 2, key, "weight")
            yield _fact(f"weights.{part['name']}.told", part["told"], "score", 2, key, "told")

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the table of features, or why all count alike."""
        weights = study.tables["segmentation"]["weights"]
        if not weights["features"]:
            yield Paragraph(f"All features count alike: {weights_sentence(weights['why_equal'])}.")
            return
        used = set(study.segmentation.rule.features)
        counted = [part for part in weights["features"] if part["name"] in used]
        yield Paragraph(
            "A feature counts the more, the more it told of what {weights.customers:customer/"
            "customers} did in the {weights.horizon_days} after an earlier date."
        )
        yield Table(
            self.title,
            (Column("Feature", "name"), Column("Counts"), Column("Told")),
            tuple(
                Row(
                    (
                        escape(_label(study, part["name"])),
                        f"{{weights.{part['name']}}}",
                        f"{{weights.{part['name']}.told}}",
                    )
                )
                for part in sorted(counted, key=lambda part: (-part["weight"], part["name"]))
            ),
        )
        yield Paragraph(_NOTE, "note")


def _label(study: Study, name: str) -> str:
    return study.described[name].label if name in study.described else name


def _fact(fact_id: str, value: float, unit: str, decimals: int, key: str, column: str) -> Fact:
    source = {"table": "segmentation", "key": key, "column": column, "aggregate": "value"}
    return Fact(fact_id, value, unit, decimals, None, source)
