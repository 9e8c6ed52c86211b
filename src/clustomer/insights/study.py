"""A study: a run's tables, and what follows from them before anything is said."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar, cast

import pyarrow as pa

from clustomer.certificates.certificate import Certificates
from clustomer.customers.reason import Reason
from clustomer.errors import InputError
from clustomer.facets import Facets
from clustomer.habits import Habits
from clustomer.history import History, history_tables
from clustomer.insights.naming.definition import define_segments
from clustomer.insights.naming.members import member_columns, with_columns
from clustomer.insights.naming.names import Name, name_segments
from clustomer.insights.naming.proof import with_names
from clustomer.insights.population import BOTS, EVERYONE, UNGROUPED, Population
from clustomer.insights.profiles import Described, Profile, describe, profile, report_order
from clustomer.insights.settings import model_document, run_document
from clustomer.lifecycle import Lifecycle
from clustomer.lifetime import Forecast
from clustomer.products import Recommendations
from clustomer.segments.segmentation import with_ids

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A run's tables, and what follows from them before anything is said.

    It is made of what a version of the results holds, so that it can be made again from one.

    Attributes
    ----------
    customers : pyarrow.Table
        One row per customer: `user_id` and features.
    labelled : pyarrow.Table
        The segments: `user_id`, `segment_id`, `cluster`, `distance`.
    segmentation : Segmentation
    tables : mapping of name to table or document
        What facts are recomputed from: customers, segments, run, cleaning, segmentation, ...
    window_days : float, or None where the window is not known
    given_names : mapping of segment id to a name of the user's own
    attributes : Attributes, or None
    given_certificates : Certificates, or None
    facets : Facets, or None where none were looked for
    lifecycle : Lifecycle, Reason why there is none, or None where it was not looked for
    forecast : Forecast, or None where none was asked for
    history : History, or None where it was not counted
    habits : Habits, or None where they were not looked for
    recommendations : Recommendations, or None where none were made
    """

    customers: pa.Table
    labelled: pa.Table
    segmentation: Any
    tables: Mapping[str, Any]
    window_days: float | None = None
    given_names: Mapping[str, str] = field(default_factory=dict)
    attributes: Any = None
    given_certificates: Certificates | None = None
    facets: Facets | None = None
    lifecycle: Lifecycle | Reason | None = None
    forecast: Forecast | None = None
    history: History | None = None
    habits: Habits | None = None
    recommendations: Recommendations | None = None
    _results: dict[Any, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def people(self) -> Population:
        """The customers with their segments, as columns."""
        stages = self.tables["lifecycle"]["stage"] if "lifecycle" in self.tables else None
        return Population(self.customers, self.labelled, stages)

    @cached_property
    def described(self) -> dict[str, Described]:
        """How each column of the customer table is described and compared."""
        return describe(self.people, self.customers.schema)

    @cached_property
    def everyone(self) -> Profile:
        """All customers but suspected bots."""
        return profile(self.people, EVERYONE, self.described, window_days=self.window_days)

    @cached_property
    def profiles(self) -> tuple[Profile, ...]:
        """The segments in the order of the report, suspected bots last."""
        bots = [BOTS] if len(self.people.rows(BOTS)) else []
        return tuple(
            report_order(
                [
                    profile(self.people, key, self.described, window_days=self.window_days)
                    for key in (*self.people.segments, *bots)
                ]
            )
        )

    @cached_property
    def named(self) -> dict[str, Name]:
        """The name of every segment, and what gave it."""
        if self.defined:
            named = define_segments(self.profiles)
        else:
            named = name_segments(
                self.people,
                self.profiles,
                self.described,
                window_days=self.window_days,
                habits=self.habit_rows,
            )
        for key, name in self.given_names.items():
            named[key] = named[key].renamed(name)
        return named

    @cached_property
    def names(self) -> dict[str, str]:
        """The names alone, in the order of the report."""
        return {
            profile.segment_id: self.named[profile.segment_id].name for profile in self.profiles
        }

    @cached_property
    def certificates(self) -> Certificates | None:
        """The certificates with what naming showed, and with those of the facets."""
        if self.given_certificates is None:
            return None
        certificates = with_names(self.given_certificates, self.named)
        if self.facets is None:
            return certificates
        return replace(
            certificates,
            facets=self.facets.certificates,
            rare=self.facets.rare_certificates,
        )

    @property
    def habit_rows(self) -> Sequence[Mapping[str, Any]]:
        """The rows of the table of habits; none where they were not looked for."""
        return self.habits.table.to_pylist() if self.habits is not None else ()

    @property
    def comparison(self) -> pa.Table | None:
        """A row for each algorithm that was tried on the same features."""
        return self.tables.get("comparison")

    @property
    def defined(self) -> bool:
        """Whether the segments were defined, and not looked for."""
        return bool(self.segmentation.rule.is_defined)

    @property
    def given(self) -> bool:
        """Whether the segments are groups that somebody else made."""
        return bool(self.segmentation.algorithm.name == "given")

    @property
    def settings(self) -> Mapping[str, Any]:
        """Currency, margin and cost of the run."""
        return cast(Mapping[str, Any], self.tables["run"]["settings"])

    @property
    def groups(self) -> tuple[Profile, ...]:
        """The segments without those who are in none."""
        return tuple(part for part in self.profiles if part.segment_id not in UNGROUPED)

    def once(self, function: Callable[["Study"], Result]) -> Result:
        """Return what a function makes of this study; it is called once only."""
        if function not in self._results:
            self._results[function] = function(self)
        return cast(Result, self._results[function])


def study_of(
    customers: Any,
    segmentation: Any,
    *,
    settings: Mapping[str, Any],
    source_label: str = "the event log",
    cleaning: Any = None,
    window: Any = None,
    unavailable: Mapping[str, str] | None = None,
    given_names: Mapping[str, str] | None = None,
    attributes: Any = None,
    certificates: Certificates | None = None,
    facets: Facets | None = None,
    lifecycle: Lifecycle | Reason | None = None,
    forecast: Forecast | None = None,
    history: History | None = None,
    habits: Habits | None = None,
    recommendations: Recommendations | None = None,
    comparison: Any = None,
    population: pa.Table | None = None,
    reading_notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    nameless: float | None = None,
    currencies: Sequence[str] | None = None,
) -> Study:
    """Return the study of a run; the arguments are those of `interpret`.

    `settings` are currency, margin and cost.
    """
    window = window if window is not None else getattr(customers, "window", None)
    missing = unavailable if unavailable is not None else getattr(customers, "unavailable", None)
    customer_table = customers if isinstance(customers, pa.Table) else pa.table(customers)
    labelled = with_ids(segmentation)
    tables: dict[str, Any] = {
        "customers": customer_table,
        "segments": with_facets(labelled, facets),
        "cluster_evaluation_metrics": segmentation.selection.criteria,
        "segmentation": {
            **model_document(segmentation),
            "facets": facets.to_json() if facets is not None else {},
        },
        "run": run_document(
            settings,
            source_label,
            window=window,
            unavailable=missing,
            attributes=attributes,
            lifecycle=lifecycle,
            history=history,
            reading_notes=reading_notes,
            warnings=warnings,
            nameless=nameless,
            currencies=currencies,
        ),
    }
    if cleaning is not None:
        tables["cleaning"] = _cleaning_table(cleaning)
    if attributes is not None:
        tables["attributes"] = attributes.table
    if isinstance(lifecycle, Lifecycle):
        tables["lifecycle"] = _of_the_same(lifecycle.table, customer_table)
    if forecast is not None:
        tables["forecast"] = forecast.to_json()
    if history is not None:
        tables |= history_tables(history)
    tables |= {} if habits is None else {"habits": habits.table}
    if recommendations is not None:
        tables["recommendation"] = recommendations.to_json()
        tables["products"] = recommendations.products
    tables |= {} if comparison is None else {"comparison": pa.table(comparison)}
    tables |= {} if population is None else {"population": population}
    tables["segments"] = _with_members(tables, labelled, window, attributes, segmentation)
    return Study(
        customers=customer_table,
        labelled=labelled,
        segmentation=segmentation,
        tables=tables,
        window_days=float(window.days) if window is not None else None,
        given_names=given_names or {},
        attributes=attributes,
        given_certificates=certificates,
        facets=facets,
        lifecycle=lifecycle,
        forecast=forecast,
        history=history,
        habits=habits,
        recommendations=recommendations,
    )


def _with_members(
    tables: Mapping[str, Any],
    labelled: pa.Table,
    window: Any,
    attributes: Any,
    segmentation: Any,
) -> pa.Table:
    """Return the segments with what else their file says of each customer."""
    stages = tables.get("lifecycle")
    people = Population(tables["customers"], labelled, None if stages is None else stages["stage"])
    rows = tables["segments"].sort_by("user_id")
    members = member_columns(
        people,
        rows["user_id"],
        window=window,
        lifecycle=stages,
        attributes=attributes,
        responses=_responses(tables.get("habits")),
        testable=segmentation.algorithm.name != "given",
        random_state=segmentation.random_state,
    )
    return with_columns(rows, members)


def _responses(habits: pa.Table | None) -> dict[str, float]:
    """Return the share of each segment's customers who order anyway within their horizon."""
    rows = [] if habits is None else habits.to_pylist()
    return {
        row["segment_id"]: row["share"]
        for row in rows
        if row["part"] == f"{row['segment_id']}.response" and row["share"] is not None
    }


def _of_the_same(table: pa.Table, customers: pa.Table) -> pa.Table:
    """Return a table of customers; raise InputError where they are not those of `customers`."""
    if not table["user_id"].equals(customers["user_id"].cast(pa.string())):
        raise InputError(
            "The stages are not of the customers of the segments; the same customers in the same "
            "order were expected. Call lifecycle_stages with the events of this customer table."
        )
    return table


def with_facets(labelled: pa.Table, facets: Facets | None) -> pa.Table:
    """Return the segments with the segment ids of the facets that hold.

    Raises InputError where the two do not hold the same customers.
    """
    if facets is None or not facets.columns:
        return labelled
    if not labelled["user_id"].equals(facets.table["user_id"]):
        raise InputError(
            "The facets are not of the customers of the segments; the same customers in the same "
            "order were expected. Look for the facets of this customer table again."
        )
    for name in facets.columns:
        labelled = labelled.append_column(name, facets.table[name].cast(pa.string()))
    return labelled


def _cleaning_table(cleaning: Any) -> pa.Table:
    table = getattr(cleaning, "table", cleaning)
    if hasattr(table, "__arrow_c_stream__"):
        return pa.table(table)
    rows: Sequence[Sequence[Any]] = [tuple(row) for row in table]
    return pa.table(
        {
            "rule": pa.array([row[0] for row in rows], pa.string()),
            "action": pa.array([row[1] for row in rows], pa.string()),
            "rows": pa.array([row[2] for row in rows], pa.int64()),
            "share": pa.array([row[3] for row in rows], pa.float64()),
        }
    )
