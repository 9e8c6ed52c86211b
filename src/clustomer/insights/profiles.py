"""What each segment is like, beside everyone.

"Everyone" leaves suspected bots out: they are no customers to compare with.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from clustomer.customers.features import FEATURES, Feature
from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.population import BOTS, EVERYONE, NOISE, Population
from clustomer.segments.matrix.scaling import skewness
from clustomer.thresholds import NEW_PART, SKEWNESS_LIMIT

_DECIMALS = {"fewer": 0, "difference": 1}


@dataclass(frozen=True)
class FeatureProfile:
    """One feature over one segment.

    `mean` and `median` leave out customers for whom the feature is undefined, and are None
    where it is so for all; `defined` is the share for whom it is defined. `difference` is the
    standardised difference from everyone on the model's scale, among customers for whom the
    feature is defined: what stands in for a missing value is a device of the fit, and to find
    that a non-buyer's orders are small would be no finding. None where nothing varies.
    `all_zero` tells whether it is 0 for every customer of the segment.
    """

    name: str
    mean: float | None
    median: float | None
    defined: float
    difference: float | None
    all_zero: bool = False


@dataclass(frozen=True)
class Profile:
    """One segment, or everyone.

    `share` is of everyone's customers (for suspected bots: of all), `revenue` the exact sum of
    the feature `revenue` (None where there is none) and `revenue_share` its share of everyone's
    (None unless that is above 0). `shares` holds shares of customers past a threshold, such as
    `orders.at_least_2`. `first_user`, the smallest `user_id`, only tells equal segments apart.
    """

    segment_id: str
    customers: int
    share: float
    revenue: float | None
    revenue_share: float | None
    features: Mapping[str, FeatureProfile]
    shares: Mapping[str, float]
    first_user: str


@dataclass(frozen=True)
class Described:
    """How a column of the customer table is described and compared.

    `slug` is its name within fact ids; `scale` is `linear` or `log`.
    """

    name: str
    slug: str
    label: str
    unit: str
    scale: str


GROSS = ("average_order_value",)
"""Amounts from which returns are not taken off."""


def describe(people: Population, schema: pa.Schema) -> dict[str, Described]:
    """Return how each column is described and compared, declared features first.

    `schema` is that of the customer table; a column that is no declared feature takes its unit
    from the field's metadata. A feature is compared on the log scale when its skewness is above
    1, whatever scale the segmentation took.
    """
    declared = {feature.name: feature for feature in FEATURES}
    order = [name for name in declared if name in people.columns]
    order += sorted(set(people.columns) - set(declared))
    described: dict[str, Described] = {}
    slugs: set[str] = set()
    for name in order:
        metadata = schema.field(name).metadata or {}
        feature = declared.get(name)
        values = people.values(EVERYONE, name)
        defined = values[~np.isnan(values)]
        log = len(defined) > 0 and skewness(defined) > SKEWNESS_LIMIT
        slug = slug_of(name, slugs)
        described[name] = Described(
            name=name,
            slug=slug,
            label=_label(feature, people) if feature else name.replace("_", " "),
            unit=feature.unit if feature else metadata.get(b"unit", b"").decode(),
            scale="log" if log else "linear",
        )
    return described


def _label(feature: Feature, people: Population) -> str:
    """Return what a feature is called; of an amount before returns, where there are any, so."""
    gross = feature.name in GROSS and "returns" in people.columns
    return f"{feature.label} before returns" if gross else feature.label


def slug_of(name: str, taken: set[str]) -> str:
    """Return a column's name as fact ids can hold it, and add it to those that are taken.

    >>> slug_of("größe", {"gr__e"})
    'gr__e_'
    """
    slug = re.sub(r"[^A-Za-z0-9_-]", "_", name, flags=re.ASCII)
    while slug in taken:
        slug += "_"
    taken.add(slug)
    return slug


def profile(
    people: Population,
    key: str,
    described: Mapping[str, Described],
    *,
    window_days: float | None = None,
) -> Profile:
    """Return the profile of a segment (`S1`), of `bots` or of `everyone`.

    >>> import pyarrow as pa
    >>> customers = pa.table({"user_id": ["a", "b"], "orders": [3.0, 1.0], "revenue": [9.0, 1.0]})
    >>> people = Population(
    ...     customers, pa.table({"user_id": ["a", "b"], "segment_id": ["S1", "S2"]})
    ... )
    >>> first = profile(people, "S1", describe(people, customers.schema))
    >>> first.customers, first.share, first.revenue_share, first.features["orders"].difference
    (1, 0.5, 0.9, 1.0)
    >>> first.shares["orders.at_least_2"]
    1.0
    """
    features = {}
    for name, column in described.items():
        features[name] = FeatureProfile(
            name=name,
            mean=people.aggregate(key, name, "mean"),
            median=people.aggregate(key, name, "median"),
            defined=people.aggregate(key, name, "share_defined") or 0.0,
            difference=people.aggregate(key, name, _difference(column)),
            all_zero=people.aggregate(key, name, "min") == people.aggregate(key, name, "max") == 0,
        )
    shares = {}
    for suffix, (name, aggregate) in shares_past_thresholds(window_days).items():
        if name in described:
            share = people.aggregate(key, name, aggregate)
            if share is not None:
                shares[suffix] = float(share)
    has_revenue = "revenue" in described
    return Profile(
        segment_id=key,
        customers=len(people.rows(key)),
        share=people.aggregate(key, "user_id", "share") or 0.0,
        revenue=people.aggregate(key, "revenue", "sum") if has_revenue else None,
        revenue_share=people.aggregate(key, "revenue", "share_of_sum") if has_revenue else None,
        features=MappingProxyType(features),
        shares=MappingProxyType(shares),
        first_user=people.first_user(key) if len(people.rows(key)) else "",
    )


def shares_past_thresholds(window_days: float | None) -> dict[str, tuple[str, str]]:
    """Return the shares of customers past a threshold that a profile holds.

    By the part of a fact's id after the segment: the feature, and the aggregate that counts.
    """
    shares = {
        "orders.at_least_1": ("orders", "share_at_least(1)"),
        "orders.at_least_2": ("orders", "share_at_least(2)"),
        "orders.none": ("orders", "share_at_most(0)"),
        "orders.at_most_1": ("orders", "share_at_most(1)"),
        "carts.at_least_1": ("carts", "share_at_least(1)"),
        "sessions.at_most_1": ("sessions", "share_at_most(1)"),
        "returns.at_least_1": ("returns", "share_at_least(1)"),
    }
    if window_days:
        shares["tenure_days.recent"] = ("tenure_days", f"share_at_most({window_days * NEW_PART!r})")
    return shares


UPPER: Mapping[str, float] = {
    "top_hundredth_from": 0.99,
    "top_fiftieth_from": 0.98,
    "top_twentieth_from": 0.95,
    "top_tenth_from": 0.9,
    "top_quarter_from": 0.75,
    "upper_half_from": 0.5,
}
"""From where on the upper part of those customers begins for whom a feature is above 0."""
_LIMITED = ("revenue", "average_order_value", "views", "sessions", "carts")


def limit_facts(people: Population, described: Mapping[str, Described]) -> Iterator[Fact]:
    """Make `everyone.revenue.top_tenth_from` and the like: what a tenth of all buyers exceed."""
    for name in _LIMITED:
        if name not in described:
            continue
        for words, part in UPPER.items():
            aggregate = f"quantile_of_positive({part:g})"
            value, unit = people.aggregate(EVERYONE, name, aggregate), described[name].unit
            source = {
                "table": "customers",
                "key": EVERYONE,
                "column": name,
                "aggregate": aggregate,
            }
            fact_id = f"{EVERYONE}.{described[name].slug}.{words}"
            yield Fact(fact_id, value, unit, decimals_for(value, unit), None, source)


def profile_facts(
    profiles: Sequence[Profile],
    described: Mapping[str, Described],
    *,
    window_days: float | None = None,
) -> list[Fact]:
    """Return the facts of profiles, the first of which is that of everyone.

    For each segment: `S1.customers`, `S1.share`, `S1.revenue`, `S1.revenue_share`,
    `S1.<feature>.mean`, `.median`, `.defined`, `.difference`, the ratio of means `.ratio`, one
    less it `.fewer`, and the thresholds.
    """
    facts = []
    for part in profiles:
        key = part.segment_id

        def add(
            name: str, value: Any, unit: str, source: tuple[str, str, str], key: str = key
        ) -> None:
            table, column, aggregate = source
            facts.append(
                Fact(
                    id=f"{key}.{name}",
                    value=value,
                    unit=unit,
                    decimals=_DECIMALS.get(name.rpartition(".")[2], decimals_for(value, unit)),
                    segment_id=None if key == EVERYONE else key,
                    source={
                        "table": table,
                        "key": column if table == "facts" else key,
                        "column": "value" if table == "facts" else column,
                        "aggregate": aggregate,
                    },
                )
            )

        add("customers", part.customers, "customers", ("customers", "user_id", "count"))
        add("share", part.share, "share", ("customers", "user_id", "share"))
        if part.revenue is not None:
            add("revenue", part.revenue, "currency", ("customers", "revenue", "sum"))
            share = ("customers", "revenue", "share_of_sum")
            add("revenue_share", part.revenue_share, "share", share)
        for name, column in described.items():
            feature, slug, unit = part.features[name], column.slug, column.unit
            average = profiles[0].features[name].mean
            add(f"{slug}.mean", feature.mean, unit, ("customers", name, "mean"))
            add(f"{slug}.median", feature.median, unit, ("customers", name, "median"))
            add(f"{slug}.defined", feature.defined, "share", ("customers", name, "share_defined"))
            if key != BOTS:
                difference = ("customers", name, _difference(column))
                add(f"{slug}.difference", feature.difference, "difference", difference)
            if key != EVERYONE and feature.mean is not None and average is not None and average > 0:
                both = f"{key}.{slug}.mean {EVERYONE}.{slug}.mean"
                add(f"{slug}.ratio", feature.mean / average, "ratio", ("facts", both, "ratio"))
                add(f"{slug}.fewer", 1 - feature.mean / average, "share", ("facts", both, "fewer"))
        for suffix, (name, aggregate) in shares_past_thresholds(window_days).items():
            if suffix in part.shares:
                add(suffix, part.shares[suffix], "share", ("customers", name, aggregate))
    return facts


def cluster_summary(
    profiles: Sequence[Profile], names: Mapping[str, str], described: Mapping[str, Described]
) -> pa.Table:
    """Return the table of `cluster_summary.csv`.

    A row for each profile in the order given; columns segment_id, segment, customers, share
    and the mean of each feature (null where it is undefined for all).
    """
    columns: dict[str, Any] = {
        "segment_id": pa.array([part.segment_id for part in profiles], pa.string()),
        "segment": pa.array([names[part.segment_id] for part in profiles], pa.string()),
        "customers": pa.array([part.customers for part in profiles], pa.int64()),
        "share": pa.array([part.share for part in profiles], pa.float64()),
    }
    for name in described:
        means = [part.features[name].mean for part in profiles]
        column = f"{name}_mean" if name in columns else name
        columns[column] = pa.array(means, pa.float64())
    return pa.table(columns)


def report_order(profiles: Sequence[Profile]) -> list[Profile]:
    """Return segments by falling revenue, or customers where there is no revenue.

    Those in no group, and suspected bots, come last. Equal ones come by their smallest
    `user_id`, never by their number.
    """
    return sorted(
        profiles,
        key=lambda part: (
            part.segment_id == BOTS,
            part.segment_id == NOISE,
            -(part.revenue or 0.0),
            -part.customers,
            part.first_user,
        ),
    )


def _difference(column: Described) -> str:
    return f"standardised_difference({column.scale})"
