"""The contract of a version: every file of it, declared once.

The store refuses to publish a version without the files that its manifest calls for, the reader
takes their names and reading from here, renaming learns which of them bear names, and the
reference page lists them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MANIFEST = "run.json"

Condition = Callable[[Mapping[str, Any]], bool]


def _always(manifest: Mapping[str, Any]) -> bool:
    return True


def _setting(name: str) -> Condition:
    return lambda manifest: bool((manifest.get("settings") or {}).get(name))


def _has_narrative(manifest: Mapping[str, Any]) -> bool:
    return bool(manifest.get("narrative"))


@dataclass(frozen=True)
class StoredFile:
    """One file of a version, or a folder of files (its name ends with a slash).

    `reader` is the attribute of `StoredRun` that reads it (None: it is for people). `required`
    tells from the manifest whether it must be there, `when` in words (empty: always).
    `bears_names`: names of segments are in it, so that a new name is a new file.
    """

    name: str
    content: str
    reader: str | None
    bears_names: bool = False
    when: str = ""
    required: Condition = _always

    def holds(self, path: str) -> bool:
        """Return whether a path in a version is this file, or in this folder."""
        return path.startswith(self.name) if self.name.endswith("/") else path == self.name


FILES = (
    StoredFile(
        MANIFEST,
        "the manifest: settings, source and schema, window, rows, segments, package versions, and "
        "the SHA-256 of every other file",
        "manifest",
        bears_names=True,
    ),
    StoredFile("cleaning.csv", "what [cleaning](cleaning.md) did", "cleaning"),
    StoredFile("rejected.parquet", "every rejected row, with its rule", "rejected"),
    StoredFile(
        "events/",
        "the clean events as Parquet",
        "event_files",
        when="not with `--no-events`",
        required=_setting("keep_events"),
    ),
    StoredFile(
        "customers.parquet",
        "one row per customer: `user_id` and the [features](features.md)",
        "customers",
    ),
    StoredFile(
        "population/",
        "all customers with their features (`customers/`) and their segments (`segments/`), as the "
        "engine wrote them",
        None,
        when="only with [`--engine`](../how-to/engines.md)",
        required=lambda manifest: bool(manifest.get("population")),
    ),
    StoredFile(
        "population.parquet",
        "how many of all customers are in each segment, and what they brought",
        "population",
        when="only with [`--engine`](../how-to/engines.md)",
        required=lambda manifest: bool(manifest.get("population")),
    ),
    StoredFile(
        "attributes.parquet",
        "what else is known of each customer",
        "attributes",
        when="only with [`--attributes`](../how-to/attributes.md)",
        required=lambda manifest: bool(manifest.get("attributes")),
    ),
    StoredFile(
        "product_names.parquet",
        "how each product is called, where the source [names them](../how-to/your-columns.md)",
        "product_names",
        when="only where the schema has a `product_name`",
        required=lambda manifest: bool(
            ((manifest.get("source") or {}).get("schema") or {}).get("product_name")
        ),
    ),
    StoredFile("segments.parquet", "each customer's segment", "segments", bears_names=True),
    StoredFile("segments.csv", "the same as text", None, bears_names=True),
    StoredFile(
        "segmentation.json",
        "the model: window, features with their scaling, the "
        "[rule](../explanation/algorithms.md#in-the-file) or "
        "[RFM grid](../explanation/rfm.md#stored-and-in-sql), exclusions, and the definition as "
        "SQL",
        "model",
        bears_names=True,
    ),
    StoredFile(
        "certificates.json",
        "the [certificates](../explanation/certificates.md): verdict, marks and figures",
        "certificates",
        when="in versions written before there were certificates it is missing",
        required=lambda manifest: "verdict" in manifest,
    ),
    StoredFile(
        "facet_crossings.parquet",
        "how many customers are in each segment and each segment of a facet, beside what both let "
        "expect",
        None,
        when="only where a facet holds and there are several segments",
        required=lambda manifest: False,
    ),
    StoredFile(
        "facets.parquet",
        "the segments of the [facets](../explanation/facets.md) that hold, and what marks them",
        "facet_segments",
        when="only where a facet holds",
        required=lambda manifest: any(
            facet["holds"] for facet in (manifest.get("facets") or {}).values()
        ),
    ),
    StoredFile(
        "lifecycle.parquet",
        "the [stage](../explanation/lifecycle.md) of each customer, and when the next order is "
        "expected",
        "lifecycle",
        when="not where the log is too short to tell",
        required=lambda manifest: "orders" in (manifest.get("lifecycle") or {}),
    ),
    StoredFile(
        "lifetime.parquet",
        "what each customer is expected to order and to bring: see "
        "[Lifetime](../explanation/lifetime.md)",
        "lifetime",
        when="only where there is a forecast",
        required=lambda manifest: bool((manifest.get("forecast") or {}).get("holds")),
    ),
    StoredFile(
        "lifetime_contest.parquet",
        "how each way of forecasting did from earlier dates",
        "lifetime_contest",
        when="only where there is a forecast",
        required=lambda manifest: bool((manifest.get("forecast") or {}).get("holds")),
    ),
    StoredFile(
        "forecast.json",
        "the forecast: its horizon, the way that is used, the parameters of each model, or why "
        "there is none",
        "forecast",
        when="not with `--no-certificates`, unless a `--horizon` is given",
        required=lambda manifest: bool(manifest.get("forecast")),
    ),
    StoredFile(
        "recommendations.parquet",
        "the list of each customer: see [Recommendations](../explanation/recommendations.md)",
        "recommendations",
        when="only after [`clustomer recommend`](../how-to/recommend.md)",
        required=lambda manifest: bool(manifest.get("recommendations")),
    ),
    StoredFile(
        "recommendations.csv",
        "the same as text",
        None,
        when="only after [`clustomer recommend`](../how-to/recommend.md)",
        required=lambda manifest: bool(manifest.get("recommendations")),
    ),
    StoredFile(
        "products.parquet",
        "what each segment wants more than others, what is bought together, what to offer next",
        "recommendations",
        when="only after [`clustomer recommend`](../how-to/recommend.md)",
        required=lambda manifest: bool(manifest.get("recommendations")),
    ),
    StoredFile(
        "recommendation.json",
        "what is recommended and how: the contest of ways, its stretches of time, what was counted",
        "recommendations",
        when="only after [`clustomer recommend`](../how-to/recommend.md)",
        required=lambda manifest: bool(manifest.get("recommendations")),
    ),
    StoredFile(
        "over_time.parquet",
        "customers, orders and revenue of each day, week or month",
        "history",
        when="in versions written before there was a history it is missing",
        required=lambda manifest: bool(manifest.get("history")),
    ),
    StoredFile(
        "cohorts.parquet",
        "what became of those who [arrived](../explanation/history.md#cohorts) in each period",
        "history",
        when="in versions written before there was a history it is missing",
        required=lambda manifest: bool(manifest.get("history")),
    ),
    StoredFile(
        "retention.parquet",
        "the cohorts together, by age",
        "history",
        when="in versions written before there was a history it is missing",
        required=lambda manifest: bool(manifest.get("history")),
    ),
    StoredFile(
        "revenue_change.parquet",
        "[why revenue changed](../explanation/history.md#why-did-revenue-change) last",
        "history",
        when="only where two periods can be compared",
        required=lambda manifest: (
            "before" in (manifest.get("history") or {}).get("revenue_change", {})
        ),
    ),
    StoredFile(
        "seasons.parquet",
        "the months of the year and the weekdays beside an average one: see "
        "[Seasons](../explanation/history.md#seasons)",
        "history",
        when="in versions written before there were seasons it is missing",
        required=lambda manifest: "seasons" in (manifest.get("history") or {}),
    ),
    StoredFile(
        "habits.parquet",
        "what each segment's customers [choose and when](../explanation/advice.md), and how many "
        "of them order again within their own horizon",
        "habits",
        when="in versions written before there were habits it is missing",
        required=lambda manifest: manifest.get("habits") is not None,
    ),
    StoredFile(
        "facts.json",
        "every number that a text shows, and its source: see [Facts](facts.md)",
        "facts",
        bears_names=True,
    ),
    StoredFile("reports/report.html", "the report, self-contained", None, bears_names=True),
    StoredFile(
        "reports/summary.html",
        "a summary of one page, to print",
        None,
        bears_names=True,
        when="only with `--summary`",
        required=_setting("summary"),
    ),
    StoredFile("reports/business_insights.md", "the same as Markdown", None, bears_names=True),
    StoredFile("reports/figures/", "its pictures as PNG", None, bears_names=True),
    StoredFile(
        "reports/narrative.md",
        "what the segments mean in prose, by the program or by a language model",
        None,
        bears_names=True,
        when="only after [`clustomer insights --save`](../how-to/insights.md#keep-it)",
        required=_has_narrative,
    ),
    StoredFile(
        "narrative.json",
        "the same with the facts that it states: who wrote which part, and what a model answered",
        "narrative",
        bears_names=True,
        when="only after [`clustomer insights --save`](../how-to/insights.md#keep-it)",
        required=_has_narrative,
    ),
    StoredFile(
        "reports/cluster_summary.csv",
        "the mean of each feature per segment",
        "summary",
        bears_names=True,
    ),
    StoredFile(
        "reports/cluster_evaluation_metrics.csv",
        "every criterion for every number of segments tried",
        "evaluation",
    ),
    StoredFile(
        "reports/algorithms.csv",
        "the algorithms side by side",
        "comparison",
        when="only with `--compare`",
        required=_setting("compare"),
    ),
)
"""Every file of a version. What a later clustomer adds is read by it alone, and kept by all."""


def missing_files(present: Iterable[str], manifest: Mapping[str, Any]) -> list[str]:
    """Return the files that a version with this manifest must have, and does not.

    >>> missing_files(["cleaning.csv"], {"settings": {"keep_events": True}})[:3]
    ['rejected.parquet', 'events/', 'customers.parquet']
    """
    paths = [*present, MANIFEST]
    return [
        file.name
        for file in FILES
        if file.required(manifest) and not any(file.holds(path) for path in paths)
    ]


def bears_names(path: str) -> bool:
    """Return whether names of segments are in the file of this path.

    >>> bears_names("reports/figures/segments.png"), bears_names("customers.parquet")
    (True, False)
    """
    return any(file.bears_names and file.holds(path) for file in FILES)
