"""What else is known of a segment's customers, beside everyone: country, channel, device.

Attributes are compared after the segments are there. A share is said only where it differs
materially from that of everyone, and by more than chance makes of so many comparisons.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clustomer.insights.blocks import Block, Bullets, OfSegment
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.method import step
from clustomer.insights.facts import Fact, decimals_for, escape
from clustomer.insights.population import BOTS, EVERYONE
from clustomer.insights.profiles import Profile, slug_of
from clustomer.insights.study import Study
from clustomer.thresholds import CHANCE, FEWEST_EXPECTED, FEWEST_KNOWN, MAX_VALUES, SLIGHTLY

MOST_OF_ONE = 2
MOST_LINES = 6
LONGEST_VALUE = 60


@dataclass(frozen=True)
class Known:
    """What attributes say: facts, lines for each segment, and paragraphs for the appendix.

    `more` has for a segment the line of what it has more of than everyone, if there is one.
    """

    facts: tuple[Fact, ...]
    lines: Mapping[str, tuple[str, ...]]
    method: tuple[str, ...]
    more: Mapping[str, str]


@dataclass(frozen=True)
class _Counts:
    """One attribute: customers by key and value, the most frequent value first."""

    name: str
    slug: str
    values: tuple[str, ...]
    counts: Mapping[str, NDArray[np.int64]]


class KnownAttributes(Chapter):
    """What a file tells of the customers besides their events."""

    name = "attributes"
    title = "Attributes"
    place = "appendix"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where no attributes were given."""
        return None if study.attributes is not None else "no attributes were given"

    def facts(self, study: Study) -> Iterable[Fact]:
        """Make `S1.attribute.country.1` and the like, and the facts of the file."""
        return study.once(_described).facts

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return a list for the card of each segment, and how it was compared."""
        described = study.once(_described)
        for key in study.names:
            lines = described.lines.get(key, ())
            if lines:
                yield OfSegment(key, "left", Bullets(lines, "What else is known of them"))
            if key in described.more:
                where = Bullets((f"Look for others like them: {described.more[key]}",))
                yield OfSegment(key, "actions", where)
        yield from step(self.title, described.method)


def _described(study: Study) -> Known:
    return describe_attributes(study.attributes, study.labelled, study.profiles)


def describe_attributes(attributes: Any, labelled: pa.Table, profiles: Sequence[Profile]) -> Known:
    """Compare the attributes of each segment with those of everyone.

    Parameters
    ----------
    attributes : Attributes
    labelled : `user_id` and `segment_id` of the same customers.
    profiles : those of the segments; suspected bots are left out.
    """
    keys = [profile.segment_id for profile in profiles if profile.segment_id != BOTS]
    places = pc.index_in(attributes.table["user_id"], labelled["user_id"])
    ids = np.asarray(pc.take(labelled["segment_id"], places).to_pylist(), dtype=object)
    shown: list[_Counts] = []
    left_out: list[tuple[str, str, int]] = []
    slugs: set[str] = set()
    for name in attributes.names:
        slug = slug_of(name, slugs)
        column = pc.dictionary_encode(attributes.table[name].combine_chunks())
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        values = column.dictionary.to_pylist()
        if not 1 < len(values) <= MAX_VALUES:
            left_out.append((name, slug, len(values)))
            continue
        shown.append(_count(name, slug, values, column.indices, ids, keys))
    comparisons = sum(len(attribute.values) for attribute in shown) * len(keys)
    facts: dict[str, Fact] = {}
    compared = {key: _lines(key, shown, max(comparisons, 1), facts) for key in keys}
    lines = {key: tuple(line for line, _ in pairs) for key, pairs in compared.items()}
    more = {key: next((line for line, up in pairs if up), "") for key, pairs in compared.items()}
    everyone = int(np.sum(ids != BOTS))
    method = tuple(_method(attributes, shown, left_out, everyone, facts))
    return Known(
        tuple(facts.values()), lines, method, {key: line for key, line in more.items() if line}
    )


def _count(
    name: str, slug: str, values: list[str], indices: Any, ids: Any, keys: Sequence[str]
) -> _Counts:
    codes = indices.fill_null(-1).to_numpy(zero_copy_only=False)
    masks = {EVERYONE: ids != BOTS, **{key: ids == key for key in keys}}
    counts = {
        key: np.bincount(codes[mask & (codes >= 0)], minlength=len(values))
        for key, mask in masks.items()
    }
    order = sorted(range(len(values)), key=lambda i: (-counts[EVERYONE][i], values[i]))
    return _Counts(
        name,
        slug,
        tuple(values[i] for i in order),
        {key: numbers[order] for key, numbers in counts.items()},
    )


def _lines(
    key: str, shown: Sequence[_Counts], comparisons: int, facts: dict[str, Fact]
) -> tuple[tuple[str, bool], ...]:
    """Return what is said of a segment, and whether it has more of it than everyone."""
    sure = NormalDist().inv_cdf(1 - CHANCE / (2 * comparisons))
    differences: list[tuple[float, int, int, bool, _Counts]] = []
    enough = False
    for number, attribute in enumerate(shown):
        inside, everyone = attribute.counts[key], attribute.counts[EVERYONE]
        if inside.sum() < FEWEST_KNOWN:
            continue
        enough = True
        p, q = inside / inside.sum(), everyone / everyone.sum()
        effects = 2 * np.arcsin(np.sqrt(p)) - 2 * np.arcsin(np.sqrt(q))
        least = max(SLIGHTLY, sure / math.sqrt(inside.sum()))
        often = np.maximum(inside, inside.sum() * q) >= FEWEST_EXPECTED
        large = [i for i in np.argsort(-abs(effects), kind="stable") if abs(effects[i]) >= least]
        large = [i for i in large if often[i]][:MOST_OF_ONE]
        differences += [
            (-abs(float(effects[i])), number, int(i), bool(effects[i] > 0), attribute)
            for i in large
        ]
    if not enough:
        text = "They are too few, or too little is known of them, to be compared by attributes."
        return ((text, False),)
    if not differences:
        return (("In none of the attributes do they differ much from everyone.", False),)
    best = sorted(differences, key=lambda one: one[:3])[:MOST_LINES]
    return tuple((_line(key, attribute, i, facts), up) for _, _, i, up, attribute in best)


def _line(key: str, attribute: _Counts, index: int, facts: dict[str, Fact]) -> str:
    value = attribute.values[index]
    ids = []
    for whose in (key, EVERYONE):
        counts = attribute.counts[whose]
        share = float(counts[index] / counts.sum())
        fact = _fact(
            f"{whose}.attribute.{attribute.slug}.{index + 1}",
            share,
            whose,
            attribute.name,
            f"share_of({json.dumps(value, ensure_ascii=False)})",
        )
        facts[fact.id] = fact
        ids.append(fact.id)
    name = attribute.name.replace("_", " ")
    return (
        f"{escape(_short(name[:1].upper() + name[1:]))}: {escape(_short(value))} for "
        f"{{{ids[0]}}} of them, against {{{ids[1]}}} of everyone."
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _fact(name: str, value: float, key: str, column: str, aggregate: str) -> Fact:
    source = {"table": "attributes", "key": key, "column": column, "aggregate": aggregate}
    decimals = decimals_for(value, "share")
    return Fact(name, value, "share", decimals, None if key == EVERYONE else key, source)


def _method(
    attributes: Any,
    shown: Sequence[_Counts],
    left_out: Sequence[tuple[str, str, int]],
    everyone: int,
    facts: dict[str, Fact],
) -> Iterator[str]:
    yield from _file(attributes, facts)
    if shown:
        yield from _compared(shown, everyone, facts)
    for name, slug, count in left_out:
        if count > MAX_VALUES:
            fact = Fact(
                f"attribute.{slug}.values",
                count,
                "values",
                0,
                None,
                {"table": "attributes", "key": "", "column": name, "aggregate": "distinct"},
            )
            facts[fact.id] = fact
            yield (
                f"Not shown: {escape(_short(name))}, which has {{{fact.id}}} different values; at "
                "most {threshold.attribute_values} are compared."
            )
        else:
            why = "the same for everyone of whom it is known" if count else "known of nobody"
            yield f"Not shown: {escape(_short(name))}, which is {why}."


def _file(attributes: Any, facts: dict[str, Fact]) -> Iterator[str]:
    """Say where the attributes come from, and of whom they are known."""
    for name in ("customers", "without_events", "without_attributes"):
        value = getattr(attributes, name)
        source = {"table": "run", "key": "attributes", "column": name, "aggregate": "value"}
        facts[f"attributes.{name}"] = Fact(
            f"attributes.{name}", value, "customers", 0, None, source
        )
    strangers = (
        "{attributes.without_events} of them {attributes.without_events?has/have} no events here "
        "and {attributes.without_events?counts/count} nowhere"
        if attributes.without_events
        else "All of them have events here"
    )
    unknown = (
        "{attributes.without_attributes:customer/customers} of this run "
        "{attributes.without_attributes?is/are} not in the file"
        if attributes.without_attributes
        else "every customer of this run is in the file"
    )
    yield (
        f"What else is known of customers comes from {escape(attributes.source)}, which holds "
        f"{{attributes.customers:customer/customers}}. {strangers}; {unknown}."
    )
    yield (
        "Attributes describe the segments. They played no part in making them, and no name rests "
        "on them."
    )


def _compared(shown: Sequence[_Counts], everyone: int, facts: dict[str, Fact]) -> Iterator[str]:
    """Say which attributes were compared, and when a difference is told."""
    parts = []
    for attribute in shown:
        share = int(attribute.counts[EVERYONE].sum()) / everyone
        name = f"{EVERYONE}.attribute.{attribute.slug}.known"
        fact = _fact(name, share, EVERYONE, attribute.name, "share_known")
        facts[fact.id] = fact
        parts.append(f"{escape(_short(attribute.name))} (known for {{{fact.id}}})")
    yield f"Compared: {'; '.join(parts)}."
    yield (
        "Shares are those among customers for whom the attribute is known. One is told where it "
        "differs from that of everyone by an effect size h of at least {threshold.slightly} "
        "(after Cohen, 1988), and by so much that among all comparisons made here not even one "
        "is likely to be chance (a level of {threshold.attribute_chance} for all together, after "
        "Bonferroni). Segments of which fewer than "
        "{threshold.attribute_known:customer/customers} are known are not compared, nor values "
        "that fewer than {threshold.attribute_expected} would have."
    )
