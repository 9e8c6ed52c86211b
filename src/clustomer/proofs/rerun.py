"""A rerun: everything that a run makes of clean events, made again from those of a version."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from clustomer.certificates import Certificates
from clustomer.customers import Customers, Reason, create_customers, customer_features
from clustomer.customers.definition import takes_category_prices
from clustomer.customers.features import FEATURES
from clustomer.customers.table import kept_customers
from clustomer.engines import DuckDB, memory_of_engine, memory_of_run
from clustomer.events import CleanEvents, hash_sum, read_stored_events
from clustomer.facets import Facets
from clustomer.habits import Habits
from clustomer.history import History, history_tables
from clustomer.insights import certificate_sentence
from clustomer.insights.settings import lifecycle_document
from clustomer.insights.study import study_of, with_facets
from clustomer.lifecycle import Lifecycle
from clustomer.lifetime import Forecast
from clustomer.pipeline import (
    accustomed,
    certified,
    compared,
    counted_over_time,
    faceted,
    forecasted,
    held_out,
    segmented,
    staged,
)
from clustomer.products import Recommendations, recommend_products
from clustomer.progress import Progress
from clustomer.proofs.documents import compare_documents, compare_tables
from clustomer.publication import stored_model
from clustomer.segments import Segmentation
from clustomer.segments.segmentation import with_ids
from clustomer.settings import Settings
from clustomer.versions import Difference, Rerun, StoredRun, package_versions
from clustomer.versions.contract import MANIFEST

CUSTOMERS, SEGMENTS = "customers.parquet", "segments.parquet"
LIFETIME, CONTEST, FORECAST = "lifetime.parquet", "lifetime_contest.parquet", "forecast.json"
CERTIFICATES, SEGMENTATION = "certificates.json", "segmentation.json"
LIFECYCLE = "lifecycle.parquet"
RECOMMENDATION, PRODUCTS = "recommendation.json", "products.parquet"
LISTS = "recommendations.parquet"
COMPARISON = "reports/algorithms.csv"
SIMULATED = (
    "certificates",
    "segmentation",
    "cluster_evaluation_metrics",
    "comparison",
    "forecast",
    "lifetime",
    CONTEST,
    "recommendation",
    PRODUCTS,
)
"""The tables of facts that a rerun makes again, and no query can."""


@dataclass(frozen=True, eq=False)
class Remade:
    """What the stored settings make of the stored events."""

    hash_sum: str
    customers: Customers
    segmentation: Segmentation
    certificates: Certificates
    facets: Facets | None
    forecast: Forecast | None
    comparison: pa.Table | None
    lifecycle: Lifecycle | Reason
    history: History
    habits: Habits
    recommendations: Recommendations | None


def rerun(
    stored: StoredRun, progress: Progress, memory: str | None = None
) -> tuple[Rerun, list[Difference]]:
    """Make everything again from the stored clean events, and compare it with what is stored.

    Customers, segments, the comparison of algorithms and the whole certificate (simulated shops,
    permutations, resamples, split halves) are made by the functions that a run calls, with the
    stored settings and seed. Values must agree to 1e-9 of their size (or of 1, below it). How much
    `memory` to take changes no value; see `verify`.

    Returns
    -------
    rerun : Rerun
        How much was compared, or what could not be made again without the events.
    differences : list of Difference
        Of the kind "rerun": `stated` is what is stored, `recomputed` what was made again.
    """
    packages = _other_packages(stored)
    if not stored.event_files:
        lost = tuple(fact.id for fact in stored.facts.values() if fact.source["table"] in SIMULATED)
        return Rerun(0, packages, lost), []
    remade = remake(stored, progress, memory)
    values, differences = 0, []
    for count, differing in _compared_files(stored, remade):
        values += count
        differences += differing
    return Rerun(values, packages), differences


def remake(stored: StoredRun, progress: Progress, memory: str | None = None) -> Remade:
    """Return what the stored settings make of the stored events."""
    settings = Settings.from_recorded(stored.results.manifest["settings"])
    with DuckDB(memory=memory_of_engine(memory), run_memory=memory_of_run(memory)) as engine:
        with progress.stage("Read the clean events"):
            events = read_stored_events(
                stored.event_files, stored.window, engine, product_names=stored.product_names
            )
            total = hash_sum(events)
        customers = _customers(stored, events, progress)
        holdout = held_out(settings, events, customers, progress)
        segmentation = segmented(settings, events, customers, holdout, progress)
        comparison = compared(settings, customers, segmentation, progress)
        certificates, delivered = certified(
            settings, events, customers, segmentation, holdout, progress
        )
        facets = None
        if "facets" in stored.results.manifest:
            facets = faceted(settings, events, customers, holdout, progress)
        lifecycle = staged(events, progress)
        forecast = None
        if "forecast" in stored.results.manifest:
            forecast = forecasted(settings, events, customers, delivered, progress)
        history = counted_over_time(settings, events, delivered, progress)
        habits = accustomed(events, customers, delivered, lifecycle, progress)
        recommendations = _recommended(stored, events, delivered, progress)
    return Remade(
        total,
        customers,
        delivered,
        certificates,
        facets,
        forecast,
        comparison,
        lifecycle,
        history,
        habits,
        recommendations,
    )


def _customers(stored: StoredRun, events: CleanEvents, progress: Progress) -> Customers:
    """Return the customers of the stored events; those of a sample by the figures of the shop."""
    scoring = stored.model.scoring
    if stored.manifest.population is None or scoring is None:
        return customer_features(events, progress=progress)
    window, names = events.window, stored.customers.column_names
    features = tuple(feature for feature in FEATURES if feature.name in names)
    shop = {**scoring.shop, "start_s": window.start_s, "cutoff_s": window.cutoff_s}
    prices = scoring.category_prices
    create_customers(events.engine, features, window, shop=shop, category_prices=prices)
    missing = stored.manifest.unavailable_features
    customers = kept_customers(events.engine, features, window, shop, unavailable=missing)
    events.engine.drop("customers")
    if not takes_category_prices(features):
        return customers
    columns = zip(*prices, strict=True) if prices else ((), ())
    texts, means = (list(column) for column in columns)
    kinds = {"category": pa.array(texts, pa.string()), "mean_price": pa.array(means, pa.float64())}
    return replace(customers, category_prices=pa.table(kinds))


def _recommended(
    stored: StoredRun,
    events: CleanEvents,
    delivered: Segmentation,
    progress: Progress,
) -> Recommendations | None:
    """Return what is recommended, where a version has recommendations."""
    before = stored.recommendations
    if before is None:
        return None
    return recommend_products(
        events,
        delivered,
        with_ids(delivered),
        top=before.top,
        way=before.way if before.asked else None,
        random_state=stored.manifest.settings.random_state,
        progress=progress,
    )


def _compared_files(stored: StoredRun, remade: Remade) -> Iterator[tuple[int, list[Difference]]]:
    """Compare file by file; yield how many values there are, and where they differ."""
    study = study_of(
        remade.customers,
        remade.segmentation,
        settings={},
        given_names=stored.given_names,
        certificates=remade.certificates,
        facets=remade.facets,
        lifecycle=remade.lifecycle if stored.lifecycle is not None else None,
        habits=remade.habits if stored.habits is not None else None,
    )
    if "duckdb" not in _other_packages(stored):
        stated = stored.manifest.source.fingerprint.get("sum")
        if stated != remade.hash_sum:
            place = "run.json: source/fingerprint/sum"
            yield 1, [Difference("rerun", place, stated, remade.hash_sum)]
    yield compare_tables(CUSTOMERS, stored.customers, remade.customers.table, "user_id")
    labelled = with_facets(study.labelled, remade.facets)
    columns = ["user_id", "segment_id", "cluster", "distance"]
    columns += ["border_distance"] * ("border_distance" in stored.segments.column_names)
    columns += [name for name in stored.facets.columns if name in labelled.column_names]
    yield compare_tables(
        SEGMENTS,
        stored.segments.select(columns),
        labelled.select(columns).sort_by("user_id"),
        "user_id",
    )
    model = stored_model(
        remade.segmentation,
        remade.customers,
        study.named,
        stored.model.event_schema,
        remade.facets,
    ).model_copy(update={"clustomer_version": stored.model.clustomer_version})
    yield compare_documents(
        SEGMENTATION, *_documents(stored, SEGMENTATION, stored.model.to_json(), model.to_json())
    )
    if stored.certificates is not None:
        # a name that was given since changes no certificate
        certificates = replace(study, given_names={}).certificates
        assert certificates is not None
        yield compare_documents(
            CERTIFICATES,
            *_documents(
                stored,
                CERTIFICATES,
                json.dumps(stored.certificates.to_json(certificate_sentence)),
                json.dumps(certificates.to_json(certificate_sentence)),
            ),
        )
    yield from _compared_in_time(stored, remade)
    if stored.comparison is not None and remade.comparison is not None:
        yield compare_documents(
            COMPARISON, *(_by_algorithm(table) for table in (stored.comparison, remade.comparison))
        )


def _compared_in_time(stored: StoredRun, remade: Remade) -> Iterator[tuple[int, list[Difference]]]:
    """Compare the stages of customers, and the history of the shop."""
    if stored.lifecycle is not None:
        yield compare_documents(
            f"{MANIFEST}: lifecycle",
            lifecycle_document(stored.lifecycle),
            lifecycle_document(remade.lifecycle),
        )
    if isinstance(stored.lifecycle, Lifecycle) and isinstance(remade.lifecycle, Lifecycle):
        yield compare_tables(LIFECYCLE, stored.lifecycle.table, remade.lifecycle.table, "user_id")
    if stored.habits is not None:
        yield compare_tables("habits.parquet", stored.habits.table, remade.habits.table, "part")
    if stored.forecast is not None and remade.forecast is not None:
        yield from _compared_forecasts(stored.forecast, remade.forecast)
    if stored.history is not None:
        history = remade.history
        if stored.history.seasons is None:  # a version from before there were any
            history = replace(history, seasons=None)
        remade_tables = history_tables(history)
        for name, table in history_tables(stored.history).items():
            key = "part" if name == "revenue_change" else "cell"
            if name in remade_tables:
                yield compare_tables(f"{name}.parquet", table, remade_tables[name], key)
        yield compare_documents(f"{MANIFEST}: history", stored.history.to_json(), history.to_json())
    if stored.recommendations is not None and remade.recommendations is not None:
        yield from _compared_recommendations(stored.recommendations, remade.recommendations)


def _compared_recommendations(
    stored: Recommendations, remade: Recommendations
) -> Iterator[tuple[int, list[Difference]]]:
    yield compare_documents(RECOMMENDATION, stored.to_json(), remade.to_json())
    yield compare_tables(LISTS, stored.table, remade.table, "user_id")
    yield compare_tables(PRODUCTS, stored.products, remade.products, "key")


def _compared_forecasts(
    stored: Forecast, remade: Forecast
) -> Iterator[tuple[int, list[Difference]]]:
    if stored.year_before is None:  # a version from before there was one
        remade = replace(remade, year_before=None)
    yield compare_documents(FORECAST, json.loads(json.dumps(stored.to_json())), remade.to_json())
    if stored.holds and remade.holds:
        yield compare_tables(LIFETIME, stored.table, remade.table, "user_id")
        yield compare_tables(CONTEST, stored.contest, remade.contest, "part")


def _by_algorithm(table: pa.Table) -> dict[str, Any]:
    """Return a comparison as a document: where all values are empty, text has no types."""
    return {row["algorithm"]: row for row in table.to_pylist()}


def _documents(stored: StoredRun, name: str, migrated: str, remade: str) -> tuple[Any, Any]:
    """Return a stored document and the one made again, of the same schema version.

    What is stored is taken as it stands in the file, or migrated where it is of an older version.
    """
    written = json.loads(stored.file(name).read_bytes())
    new = json.loads(remade)
    if written.get("schema_version") != new["schema_version"]:
        written = json.loads(migrated)
        # an older file lacks what scoring takes, and its SQL had fewer columns
        for key in ("scoring", "sql"):
            written.pop(key, None)
            new.pop(key, None)
    return written, new


def _other_packages(stored: StoredRun) -> Mapping[str, tuple[str | None, str]]:
    """Return the packages of which the run had another version: its version, and today's."""
    then = stored.manifest.packages
    return {
        name: (then.get(name), today)
        for name, today in package_versions().items()
        if then.get(name) != today
    }
