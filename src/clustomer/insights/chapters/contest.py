"""Ways to divide customers, side by side in what they tell of what customers did next."""

from collections.abc import Iterator

from clustomer.certificates.certificate import Baseline, Estimate, Prediction
from clustomer.insights.blocks import Column, Row, Table
from clustomer.insights.certificate_facts import CONTEST
from clustomer.insights.facts import escape

_BASELINES = {
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
NOTES = (
    "AUC: how often, of two customers of whom one bought and one did not, the one who bought was "
    "expected to; one half is chance. R²: which part of the differences in revenue was foretold; "
    "zero is no better than one average for all, below zero is worse. Capped: no customer counts "
    "for more than the highest hundredth begins with, so that a few large buyers do not decide. "
    "Top tenth: the share of revenue that came from the tenth of customers expected to bring most.",
    "Segments are those that hold anybody; to those of RFM belongs one of customers without an "
    "order. In brackets: the interval of {threshold.confidence}. Everything was measured on the "
    "same days of the same customers, whom no choice had seen.",
)

TITLE = "What each way to divide customers tells of what they did next"


def contest(prediction: Prediction) -> Table | None:
    """Return the contest of ways to divide customers; None where there was none.

    Columns that nobody has a figure for are left out.
    """
    entered = prediction.baselines
    columns = [name for name in CONTEST if any(getattr(entrant, name) for entrant in entered)]
    if not columns:
        return None
    return Table(
        TITLE,
        (
            Column("Way to divide them", "name"),
            Column("Segments", "estimate"),
            *(Column(_COLUMNS[name], "estimate") for name in columns),
        ),
        tuple(
            Row(
                (
                    _BASELINES.get(entrant.name, escape(entrant.name)),
                    f"{{baseline.{entrant.name}.segments}}"
                    if entrant.segments is not None
                    else "–",
                    *(_cell(entrant, name) for name in columns),
                ),
                chosen=entrant.name == "segments",
            )
            for entrant in entered
        ),
    )


def carried(prediction: Prediction) -> Iterator[str]:
    """Say how much of what an individual model predicts the segments carry."""
    ours = any(entrant.name == "segments" and entrant.segments for entrant in prediction.baselines)
    owner = (
        "These {baseline.segments.segments:segment/segments} "
        "{baseline.segments.segments?carries/carry}"
        if ours
        else "These segments carry"
    )
    model = "an individual model predicts from the same features"
    parts: list[str] = []
    for name, estimate, what in (
        ("auc", prediction.carried_auc, "who buys"),
        ("visited", prediction.carried_visited, "who comes back"),
        ("r2", prediction.carried_r2, "how much they spend"),
    ):
        if estimate is not None:
            share = f"{{carried.{name}}}{_interval(f'carried.{name}', estimate)}"
            parts.append(f"{share} of what {'it predicts' if parts else model} about {what}")
    if parts:
        yield f"{owner} {', and '.join(parts)}."


def _cell(entrant: Baseline, name: str) -> str:
    estimate: Estimate | None = getattr(entrant, name)
    if estimate is None:
        return "–"
    fact = f"baseline.{entrant.name}.{name}"
    return f"{{{fact}}}{_interval(fact, estimate)}"


def _interval(fact: str, estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f" ({{{fact}_low}} to {{{fact}_high}})"
