"""The picture of differences: how each segment differs from everyone, feature by feature."""

from collections.abc import Sequence

import pyarrow as pa

from clustomer.insights import Interpretation
from clustomer.insights.facts import escape
from clustomer.insights.marks import Case
from clustomer.insights.population import UNGROUPED
from clustomer.insights.texts import in_sentence
from clustomer.outputs.charts import Figure, differences_chart
from clustomer.outputs.figures.features import FAMILIES, ORDER
from clustomer.outputs.figures.pen import Pen
from clustomer.outputs.theme import SegmentLook
from clustomer.segments import Segmentation
from clustomer.thresholds import MOST, SLIGHTLY

MAX_FEATURES = 18


def differences_figure(
    pen: Pen,
    looks: Sequence[SegmentLook],
    interpretation: Interpretation,
    segmentation: Segmentation,
) -> Figure | None:
    """Draw what sets segments apart, where there are two."""
    clustered = [feature.name for feature in segmentation.scaling]
    table = differences_table(pen, interpretation, clustered=clustered)
    looks = [look for look in looks if look.segment_id not in UNGROUPED]
    if len(looks) < 2 or not table.num_rows:
        return None
    described = "; ".join(_strongest(look, table) for look in looks)
    return pen.draw(
        "differences",
        lambda layout: differences_chart(table, looks, layout=layout),
        title="What sets each segment apart from everyone",
        note="Blue: more than everyone; brown: less; pale: about the same. The numbers are "
        "distances from the average of everyone, in units of the usual spread between customers. "
        "Empty: known of fewer than half of them, or a few customers pull the average the other "
        "way.",
        description=f"A grid of features by segments. {described}.",
    )


def differences_table(
    pen: Pen,
    interpretation: Interpretation,
    *,
    clustered: Sequence[str] = (),
    most: int = MAX_FEATURES,
) -> pa.Table:
    """Return the table that `differences_chart` draws, by family in the declared order.

    Of the features that differ anywhere, `most` are kept: first those that were clustered,
    then those with the largest difference in any segment. Suspected bots are left out, as are the
    differences that no text speaks of: of what is known of fewer than half of a segment, and where
    the mean points the other way.
    """
    profiles = [part for part in interpretation.profiles if part.segment_id not in UNGROUPED]
    differences: dict[str, dict[str, float]] = {}
    for profile in profiles:
        for name, feature in profile.features.items():
            if feature.difference is None or feature.defined < MOST:
                continue
            case = Case(profile, interpretation.everyone)
            if abs(feature.difference) < SLIGHTLY or case.one_way(name):
                differences.setdefault(name, {})[profile.segment_id] = feature.difference
    by_weight = sorted(
        differences,
        key=lambda name: (
            name not in clustered,
            -max(abs(value) for value in differences[name].values()),
            name,
        ),
    )
    families = [*dict.fromkeys(FAMILIES.values()), "other"]
    kept = sorted(
        by_weight[:most],
        key=lambda name: (
            families.index(FAMILIES.get(name, "other")),
            ORDER.get(name, len(ORDER)),
            name,
        ),
    )
    described = interpretation.study.described
    rows = []
    for name in kept:
        for profile in profiles:
            difference = differences[name].get(profile.segment_id)
            written = pen.label(f"{profile.segment_id}.{described[name].slug}.difference")
            rows.append(
                {
                    "segment_id": profile.segment_id,
                    "family": FAMILIES.get(name, "other"),
                    "feature": described[name].label,
                    "difference": difference,
                    "text": "" if difference is None else written.text,
                    "facts": None if difference is None else written.facts,
                }
            )
    names = ("segment_id", "family", "feature", "text", "facts")
    schema = pa.schema([*((n, pa.string()) for n in names), ("difference", pa.float64())])
    return pa.Table.from_pylist(rows, schema=schema)


def _strongest(look: SegmentLook, table: pa.Table) -> str:
    rows = [
        row
        for row in table.to_pylist()
        if row["segment_id"] == look.segment_id and row["difference"] is not None
    ]
    rows.sort(key=lambda row: -abs(row["difference"]))
    strongest = [
        f"{row['feature']} {'above' if row['difference'] > 0 else 'below'} everyone"
        for row in rows[:3]
        if abs(row["difference"]) >= SLIGHTLY
    ]
    return f"{in_sentence(look.name)}: {escape(', '.join(strongest) or 'about as everyone')}"
