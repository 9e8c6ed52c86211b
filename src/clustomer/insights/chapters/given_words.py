"""What is said of groups that somebody else made."""

from collections.abc import Iterator, Mapping
from typing import Any

from clustomer.progress import counted

_VERDICTS = {
    "continuum": "The groups tell what customers do next.",
    "none": "The groups do not tell what customers do next: not more than chance, or too little to "
    "act on.",
    "not tested": "Whether the groups tell what customers do next could not be tested.",
}
_FIGURES = {
    "auc": "AUC of buying",
    "r2": "R² of revenue",
    "r2_capped": "R² of revenue without its extremes",
    "visited_auc": "AUC of coming again",
}


def given_sentences(stated: Mapping[str, Any]) -> Iterator[str]:
    """Give the sentences about given groups, from what `CertifiedLabels.to_json` states.

    >>> list(given_sentences({"verdict": "not tested", "certificates": {"prediction": {}},
    ...     "labels": {"without_events": 0, "without_labels": 2, "suspected_bots": 0},
    ...     "date_given": True, "against": {}}))[0]
    'Whether the groups tell what customers do next could not be tested.'
    """
    prediction = stated["certificates"]["prediction"]
    yield _VERDICTS[stated["verdict"]]
    if prediction.get("why"):
        yield str(prediction["why"])
    ways = {way["name"]: way for way in prediction.get("baselines", ())}
    if "segments" in ways:
        yield _compared(ways)
    if ways and not stated["date_given"]:
        yield (
            f"This holds if the groups were made before {prediction['date'][:10]}: groups that "
            "know what came after seem to foretell it. Say with --holdout from when on they did "
            "not know."
        )
    if stated["against"]:
        yield _against(stated["against"])
    yield (
        "Not tested, since nothing says by which rule a customer gets into a group: whether other "
        "customers would give the same groups, and whether gaps set them apart."
    )
    yield from _left_out(stated["labels"])


def _compared(ways: Mapping[str, Any]) -> str:
    parts = []
    for key, words in _FIGURES.items():
        figures = {
            name: way[key]["value"] for name, way in ways.items() if way.get(key) is not None
        }
        if "segments" in figures and key in {"auc", "r2", "visited_auc"}:
            others = [
                f"{label} {figures[name]:.3f}"
                for name, label in (("rfm_10", "RFM"), ("individual", "a model of each customer"))
                if name in figures
            ]
            beside = f" ({', '.join(others)})" if others else ""
            parts.append(f"{words} {figures['segments']:.3f}{beside}")
    return "; ".join(parts) + "."


def _against(apart: Mapping[str, Any]) -> str:
    parts = []
    for key, words in _FIGURES.items():
        if key in apart:
            figure = apart[key]
            between = f"{figure['low']:+.3f} to {figure['high']:+.3f}"
            side = "more" if figure["low"] > 0 else "less" if figure["high"] < 0 else "as much"
            parts.append(f"{words} {figure['value']:+.3f} ({between}: {side})")
    return f"Beside the segments of the results the groups tell: {'; '.join(parts)}."


def _left_out(labels: Mapping[str, Any]) -> Iterator[str]:
    for key, words in (
        ("without_events", "of the file without events"),
        ("without_labels", "of the log without a group"),
        ("suspected_bots", "suspected to be bots"),
    ):
        if labels[key]:
            yield f"Left out: {counted(labels[key], 'customer')} {words}."
