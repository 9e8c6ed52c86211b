"""A few who are far from all others: how many, in what, and how it was tested."""

from collections.abc import Iterator, Mapping

from clustomer.facets import Rare, RareKind
from clustomer.insights.blocks import Block, Bullets, Column, Paragraph, Row, Section, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.facet_names import rare_name
from clustomer.insights.chapters.facet_words import RARE_NONE, RARE_WORDS
from clustomer.insights.facts import Fact, decimals_for, escape
from clustomer.insights.study import Study
from clustomer.insights.texts import listed

_SHOWN = ("customers", "mean", "everyone")


class RareKinds(Chapter):
    """Those whom a gap sets apart from everyone in one amount."""

    name = "rare-kinds"
    title = "A few who are far from all others"
    short = "Rare kinds"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where there is no rare kind."""
        return None if _rare(study).kinds else "there is no rare kind"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `rare.1.customers` and the like."""
        for number, kind in enumerate(_rare(study).kinds, 1):
            yield from _facts(kind, number)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return a table of the kinds, what to do, and how sure it is."""
        kinds = _rare(study).kinds
        table = Table(
            "Rare kinds",
            (Column("Kind", "name"), Column("Customers"), Column("On average"), Column("Everyone")),
            tuple(
                Row((rare_name(kind), *(f"{{rare.{number}.{value}}}" for value in _SHOWN)))
                for number, kind in enumerate(kinds, 1)
            ),
        )
        yield table
        yield Bullets(tuple(_sentence(kind, number) for number, kind in enumerate(kinds, 1)))
        yield Paragraph(
            "Look at them one by one before any campaign: they may be traders, your own staff, or "
            "one customer with many hands. No mean of everyone speaks of them, and one more or "
            "one fewer of them is felt. Who they are: the column rare_segment of segments.csv."
        )
        around = _around(study)
        if around:
            yield Paragraph(around)
        yield Section(self.title, (table,), "screen")


class NoRareKinds(Chapter):
    """That rare kinds were looked for, and there is none."""

    name = "no-rare-kinds"
    title = "A few who are far from all others"
    place = "appendix"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where there is one, or none was looked for."""
        facets = study.facets
        looked = facets is not None and facets.rare is not None and not facets.rare.kinds
        return None if looked else "there is one, or none was looked for"

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return a sentence."""
        yield Paragraph(RARE_NONE)


def _rare(study: Study) -> Rare:
    rare = study.facets.rare if study.facets is not None else None
    return rare if rare is not None else Rare(0)


def _around(study: Study) -> str | None:
    """Say which segments are around rare kinds, where the number of the others was chosen so."""
    segmentation = study.segmentation
    names = [
        f"“{escape(study.names[segmentation.segment_ids[cluster]])}”"
        for cluster in segmentation.selection.rare_clusters
    ]
    if not names:
        return None
    verb, thing = ("is", "a segment") if len(names) == 1 else ("are", "segments")
    return (
        "The number of the other segments was chosen without such customers: "
        f"{listed(names)} {verb} {thing} around them. A segment holds whoever is nearest to its "
        "middle, and need not be the kind to the last customer."
    )


def _sentence(kind: RareKind, number: int) -> str:
    key, words = f"rare.{number}", RARE_WORDS[kind.amount]
    return (
        f"{rare_name(kind)}: {{{key}.customers:customer/customers}} with more than {{{key}.above}} "
        f"{words}. The tail of one population falls; {{{key}.excess}} of them are more than any "
        f"such tail has so far out, against at most {{{key}.excess_crowd}} in {{{key}.crowds}} "
        "simulated ones."
    )


def _facts(kind: RareKind, number: int) -> Iterator[Fact]:
    key = f"rare.{number}"
    column = "rare_segment_id"
    source = {
        "table": "segments",
        "key": f"{column}={kind.segment_id}",
        "column": column,
        "aggregate": "count",
    }
    yield Fact(f"{key}.customers", kind.customers, "customers", 0, None, source)
    unit = "currency" if kind.amount == "revenue" else kind.unit
    values = {
        "above": (kind.above, unit),
        "mean": (kind.mean, unit),
        "everyone": (kind.everyone, unit),
        "excess": (kind.excess, "share"),
        "excess_crowd": (kind.excess_crowd, "share"),
        "crowds": (kind.crowds, "crowds"),
    }
    for name, (value, of_unit) in values.items():
        at = f"facets/rare/kinds/{number - 1}"
        source = {"table": "segmentation", "key": at, "column": name, "aggregate": "value"}
        decimals = decimals_for(value, of_unit)
        yield Fact(f"{key}.{name}", value, of_unit, decimals, None, source)
