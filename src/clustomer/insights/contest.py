"""Tables that set ways to divide customers side by side: in what they tell, and in their shape."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from clustomer.certificates.certificate import Contender, Estimate, Prediction
from clustomer.insights.certificate_facts import CONTEST
from clustomer.insights.facts import Fact, escape
from clustomer.insights.story import Comparison

_CONTENDERS = {
    "segments": "These segments",
    "rfm_10": "The ten RFM segments",
    "rfm_125": "The 125 RFM cells",
    "kmeans_silhouette": "KMeans, K by the silhouette",
    "individual": "An individual model (gradient boosting)",
}
_COLUMNS = {
    "auc": "Who buys (AUC)",
    "visited_auc": "Who comes back (AUC)",
    "r2": "Revenue (R²)",
    "r2_capped": "Revenue, capped (R²)",
    "top_tenth": "Revenue of the top tenth",
}
_NOTES = (
    "AUC: how often, of two customers of whom one bought and one did not, the one who bought was "
    "expected to; one half is chance. R²: which part of the differences in revenue was foretold; "
    "zero is no better than one average for all, below zero is worse. Capped: no customer counts "
    "for more than the highest hundredth begins with, so that a few large buyers do not decide. "
    "Top tenth: the share of revenue that came from the tenth of customers expected to bring most.",
    "Segments are those that hold anybody; to those of RFM belongs one of customers without an "
    "order. In brackets: the interval of 95 %. Everything was measured on the same customers and "
    "the same days, which no choice had seen.",
)
_ALGORITHMS = {
    "kmeans": "k-means",
    "ward": "Hierarchical (Ward)",
    "hierarchical": "Hierarchical (Ward)",
    "dbscan": "DBSCAN",
    "hdbscan": "HDBSCAN",
    "gmm": "Gaussian mixture",
    "mixture": "Gaussian mixture",
    "rfm": "RFM grid",
}
_COMPARED = {
    "segments": ("Segments", "segments", 0),
    "noise_share": ("In no group", "share", 1),
    "silhouette": ("Silhouette", "score", 2),
    "smallest_share": ("Smallest segment", "share", 1),
    "agreement": ("Agreement with k-means", "score", 2),
    "sample_customers": ("Fitted to", "customers", 0),
}


def contest(prediction: Prediction) -> Comparison | None:
    """Return the contest of ways to divide customers; None where there was none.

    Columns that nobody has a figure for are left out.
    """
    entered = prediction.contenders
    columns = [name for name in CONTEST if any(getattr(each, name) for each in entered)]
    if not columns:
        return None
    return Comparison(
        title="What each way to divide customers tells of what they did next",
        columns=("Way to divide them", "Segments", *(_COLUMNS[name] for name in columns)),
        rows=tuple(
            (
                _CONTENDERS.get(each.name, escape(each.name)),
                f"{{contender.{each.name}.segments}}" if each.segments is not None else "–",
                *(_cell(each, name) for name in columns),
            )
            for each in entered
        ),
        chosen=tuple(i for i, each in enumerate(entered) if each.name == "segments"),
        notes=_NOTES,
    )


def carried(prediction: Prediction) -> Iterator[str]:
    """Say how much of what an individual model predicts the segments carry."""
    ours = any(each.name == "segments" and each.segments for each in prediction.contenders)
    owner = (
        "These {contender.segments.segments:segment/segments} "
        "{contender.segments.segments?carries/carry}"
        if ours
        else "These segments carry"
    )
    parts = [
        f"{{carried.{name}}}{_interval(f'carried.{name}', estimate)} of what {model} about {what}"
        for name, estimate, what in (
            ("auc", prediction.carried_auc, "who buys"),
            ("visited", prediction.carried_visited, "who comes back"),
            ("r2", prediction.carried_r2, "how much they spend"),
        )
        if estimate is not None
        for model in ("an individual model predicts from the same features",)
    ]
    if parts:
        told = ", and ".join([parts[0], *(_it(part) for part in parts[1:])])
        yield f"{owner} {told}."


def _it(part: str) -> str:
    return part.replace("an individual model predicts from the same features", "it predicts")


def comparison_facts(table: pa.Table) -> Iterator[Fact]:
    """Make `comparison.ward.silhouette` and the like, of a table with a row for each algorithm."""
    for row in table.to_pylist():
        algorithm = row["algorithm"]
        for name, (_, unit, decimals) in _COMPARED.items():
            if row.get(name) is None:
                continue
            source = {
                "table": "comparison",
                "key": f"algorithm={algorithm}",
                "column": name,
                "aggregate": "value",
            }
            fact_id = f"comparison.{algorithm}.{name}"
            yield Fact(fact_id, row[name], unit, decimals, None, source)


def compare_algorithms(table: pa.Table, chosen: str | None, facts: Mapping[str, Any]) -> Comparison:
    """Return the algorithms side by side; `chosen` is the one that made the segments."""
    rows: Sequence[Mapping[str, Any]] = table.to_pylist()
    columns = [
        name
        for name in _COMPARED
        if any(f"comparison.{row['algorithm']}.{name}" in facts for row in rows)
    ]
    return Comparison(
        title="The same customers, divided by other algorithms",
        columns=("Algorithm", *(_COMPARED[name][0] for name in columns)),
        rows=tuple(
            (
                _ALGORITHMS.get(row["algorithm"], escape(row["algorithm"])),
                *(
                    f"{{comparison.{row['algorithm']}.{name}}}"
                    if f"comparison.{row['algorithm']}.{name}" in facts
                    else "–"
                    for name in columns
                ),
            )
            for row in rows
        ),
        chosen=tuple(i for i, row in enumerate(rows) if row["algorithm"] == chosen),
        notes=(
            "All used the same features on the same scale. The silhouette says how clearly "
            "customers belong to their own segment, from −1 to 1; it favours few, round groups, "
            "and is high where nearly everyone is in one segment. Agreement is the adjusted Rand "
            "index: 1 is the same division, 0 what chance would give.",
        ),
    )


def algorithm_name(name: str) -> str:
    """Return what an algorithm is called in texts.

    >>> algorithm_name("gmm"), algorithm_name("kmeans")
    ('Gaussian mixture', 'k-means')
    """
    return _ALGORITHMS.get(name, name)


def _cell(each: Contender, name: str) -> str:
    estimate: Estimate | None = getattr(each, name)
    if estimate is None:
        return "–"
    fact = f"contender.{each.name}.{name}"
    return f"{{{fact}}}{_interval(fact, estimate)}"


def _interval(fact: str, estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f" ({{{fact}_low}} to {{{fact}_high}})"
