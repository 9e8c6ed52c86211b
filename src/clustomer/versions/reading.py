"""Reading a stored version: typed, checked, and each file only when it is asked for."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from clustomer.certificates import Certificates, read_certificates
from clustomer.customers import Attributes, Reason
from clustomer.documents import read_document
from clustomer.errors import InputError, UsageError
from clustomer.events import Window
from clustomer.facets import Facets, read_facets
from clustomer.habits import Habits
from clustomer.history import History, read_history
from clustomer.insights import Facts, Interpretation, interpret
from clustomer.lifecycle import Lifecycle, Rhythm
from clustomer.lifetime import Forecast, read_forecast
from clustomer.products import Recommendations, read_recommendations
from clustomer.segments import Segmentation, SegmentationModel, read_model, restore
from clustomer.settings import MARGIN
from clustomer.versions.contract import FILES, MANIFEST
from clustomer.versions.given_names import keeps_its_line
from clustomer.versions.manifest import Manifest, no_manifest
from clustomer.versions.store import VERSIONS, Results

_Read = TypeVar("_Read")


class _Entry(BaseModel):
    # what a later clustomer of the same schema version adds does no harm
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


def _naive_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("the time says no zone")
    return moment.astimezone(UTC).replace(tzinfo=None)


def _shown(name: str) -> str:
    if not keeps_its_line(name):
        raise ValueError("the name holds control characters")
    return name


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError("there is no such time zone") from error
    return name


_Moment = Annotated[datetime, AfterValidator(_naive_utc)]


class StoredWindow(_Entry):
    """The window, its times in UTC."""

    start: _Moment
    cutoff: _Moment
    time_zone: Annotated[str, AfterValidator(_zone)]


class StoredSettings(_Entry):
    """The settings of the run that later work needs; the others are kept as they are."""

    algorithm: str = "kmeans"
    certificates: bool = True
    compare: bool = False
    cost: float = Field(default=0.5, ge=0)
    currency: str | None = None
    force: bool = False
    keep_events: bool = True
    margin: float = Field(default=MARGIN, gt=0, le=1)
    margin_given: float | None = Field(default=None, gt=0, le=1)
    random_state: int = 0
    summary: bool = False
    title: str | None = None


class StoredSource(_Entry):
    """What the input was called, and what identifies it."""

    label: str
    fingerprint: Mapping[str, Any]


class StoredSegment(_Entry):
    """A segment as the manifest lists it."""

    segment_id: Annotated[str, AfterValidator(_shown)] = Field(min_length=1)
    segment: Annotated[str, AfterValidator(_shown)]
    named_by: Literal["rule", "definition", "user"] = "rule"
    own_name: Annotated[str, AfterValidator(_shown)] | None = None
    customers: int = Field(ge=0)
    share: float
    revenue: float | None = None
    revenue_share: float | None = None


class StoredAttributes(_Entry):
    """Where the attributes came from."""

    source: str
    customers: int
    without_events: int
    without_attributes: int
    sha256: str


class RunManifest(Manifest):
    """The manifest of a run's version; what versions from before a key existed lack has a value."""

    settings: StoredSettings
    source: StoredSource
    window: StoredWindow
    rows: Mapping[str, int]
    customers: int
    structure_found: bool
    k: int
    verdict: str = "not tested"
    segments: tuple[StoredSegment, ...] = Field(min_length=1)
    attributes: StoredAttributes | None = None
    lifecycle: Mapping[str, Any] | None = None
    history: Mapping[str, Any] | None = None
    unavailable_features: Mapping[str, str] = {}
    features_left_out: Mapping[str, str] = {}
    reading_notes: Mapping[str, str] = {}
    warnings: Mapping[str, str] = {}
    revenue_without_customer: float | None = None
    currencies: tuple[str, ...] | None = None
    population: Mapping[str, Any] | None = None
    narrative: Mapping[str, Any] | None = None

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        if len({part.segment_id for part in self.segments}) < len(self.segments):
            raise ValueError("two segments have the same id")
        return self


class StoredRun:
    """A version of the results to work on: its files as tables and typed values.

    A file is read when it is first asked for, checked, and kept. A file that is missing,
    damaged or of a schema version that cannot be read raises InputError, and no file outside
    the version is ever opened.

    >>> StoredRun.open("no-such-folder")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        self.path = results.path
        try:
            self.manifest = RunManifest.model_validate(dict(results.manifest))
        except ValidationError as error:
            raise no_manifest(self.path / MANIFEST, error) from error

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Self:
        """Open the latest version in a results folder, or a version by its own folder.

        Raises
        ------
        InputError
            If there is none, or its manifest is not one of a run.
        """
        return cls(Results.open(folder))

    def __repr__(self) -> str:
        return f"StoredRun({self.manifest.version}, {self.manifest.customers:,} customers)"

    @property
    def root(self) -> Path:
        """The results folder that this version is in.

        Raises UsageError where the version was copied elsewhere, and is in none.
        """
        folder = self.path.resolve().parent
        if folder.name != VERSIONS:
            raise UsageError(
                f"{self.path} is in no results folder: it was expected in a folder named "
                f"{VERSIONS}. Name the results folder that `clustomer run` wrote."
            )
        return folder.parent

    def file(self, name: str) -> Path:
        """Return where a file of this version is.

        Raises InputError where it is missing, or leads out of the version.
        """
        path = self.path / name
        if not path.resolve().is_relative_to(self.path.resolve()):
            raise InputError(
                f"{path} leads out of the version. Expected the file itself. Run `clustomer run` "
                "again."
            )
        if not path.is_file():
            raise InputError(
                f"The results in {self.path} have no {name}. Expected the files as they were "
                "written. Run `clustomer run` again."
            )
        return path

    def has(self, name: str) -> bool:
        """Return whether the manifest lists a file, or one in the folder `name` (with a slash)."""
        [stored] = [file for file in FILES if file.name == name]
        return any(stored.holds(path) for path in self.manifest.files)

    def check(self) -> None:
        """Raise InputError where a file is missing or was changed since the run."""
        damaged = self.results.damaged()
        if damaged:
            raise InputError(
                f"The results in {self.path} were changed since the run: "
                f"{', '.join(damaged[:5])}. Expected them as they were written. "
                "Run `clustomer run` again."
            )

    @property
    def window(self) -> Window:
        """The window that the events were observed in."""
        stored = self.manifest.window
        return Window(stored.start, stored.cutoff, stored.time_zone)

    @property
    def given_names(self) -> dict[str, str]:
        """The names of the user's own, by segment id."""
        return {
            part.segment_id: part.segment
            for part in self.manifest.segments
            if part.named_by == "user"
        }

    @cached_property
    def customers(self) -> pa.Table:
        """`user_id` and the features of each customer."""
        return self._parquet("customers.parquet", user_id=pa.types.is_string)

    @cached_property
    def segments(self) -> pa.Table:
        """`user_id`, `segment_id`, `segment`, `cluster`, `distance`, ... of each customer."""
        table = self._parquet(
            "segments.parquet",
            user_id=pa.types.is_string,
            segment_id=pa.types.is_string,
            segment=pa.types.is_string,
            cluster=pa.types.is_integer,
            distance=pa.types.is_floating,
        )
        listed = {part.segment_id for part in self.manifest.segments}
        if set(table["segment_id"].unique().to_pylist()) != listed:
            raise self._unreadable(
                "segments.parquet", f"its segments are not those that {MANIFEST} lists"
            )
        return table

    @cached_property
    def rejected(self) -> pa.Table:
        """The rejected rows, each with its rule."""
        return self._parquet("rejected.parquet", rule=pa.types.is_string)

    @cached_property
    def attributes(self) -> Attributes | None:
        """What else is known of the customers; None without a file of attributes."""
        stored = self.manifest.attributes
        if stored is None:
            return None
        return Attributes(
            self._parquet("attributes.parquet", user_id=pa.types.is_string),
            stored.source,
            stored.customers,
            stored.without_events,
            stored.without_attributes,
        )

    @cached_property
    def product_names(self) -> pa.Table | None:
        """How each product is called; None where the source does not name them."""
        if not self.has("product_names.parquet"):
            return None
        return self._parquet(
            "product_names.parquet",
            product_id=pa.types.is_string,
            product_name=pa.types.is_string,
        )

    @cached_property
    def population(self) -> pa.Table | None:
        """How many of all customers are in each segment; None where all customers are here."""
        if self.manifest.population is None:
            return None
        return self._parquet("population.parquet", segment_id=pa.types.is_string)

    def population_files(self, part: str) -> tuple[Path, ...]:
        """Return the Parquet files of all customers: their "segments" or their features."""
        folder = f"population/{part}/"
        names = sorted(name for name in self.manifest.files if name.startswith(folder))
        return tuple(self.file(name) for name in names)

    @property
    def event_files(self) -> tuple[Path, ...]:
        """The Parquet files of the clean events; none with `--no-events`."""
        names = sorted(name for name in self.manifest.files if name.startswith("events/"))
        return tuple(self.file(name) for name in names)

    @cached_property
    def cleaning(self) -> pa.Table:
        """What cleaning did: `rule`, `action`, `rows`, `share`."""
        types = {
            "rule": pa.string(),
            "action": pa.string(),
            "rows": pa.int64(),
            "share": pa.float64(),
        }
        return self._csv("cleaning.csv", types)

    @cached_property
    def summary(self) -> pa.Table:
        """The mean of each feature per segment."""
        types = {"segment_id": pa.string(), "segment": pa.string(), "customers": pa.int64()}
        return self._csv("reports/cluster_summary.csv", types)

    @cached_property
    def evaluation(self) -> pa.Table:
        """Every criterion for every number of segments that was tried."""
        return self._csv("reports/cluster_evaluation_metrics.csv", {"K": pa.int64()})

    @cached_property
    def comparison(self) -> pa.Table | None:
        """The algorithms side by side; None without `--compare`."""
        if not self.has("reports/algorithms.csv"):
            return None
        return self._csv("reports/algorithms.csv", {"algorithm": pa.string()})

    @cached_property
    def model(self) -> SegmentationModel:
        """The segmentation as it is stored: rule, features, selection, definition as SQL."""
        return self._document("segmentation.json", read_model)

    @cached_property
    def segmentation(self) -> Segmentation:
        """The segmentation as `segment` returned it, with the published labels."""
        return restore(self.model, self.customers, self.segments)

    @cached_property
    def certificates(self) -> Certificates | None:
        """The certificates; None in versions that were written before there were any."""
        if not self.has("certificates.json"):
            return None
        return self._document("certificates.json", read_certificates)

    @cached_property
    def facet_segments(self) -> pa.Table | None:
        """The segments of facets, and what marks them; None where no facet holds."""
        if not self.has("facets.parquet"):
            return None
        return self._parquet("facets.parquet", facet=pa.types.is_string)

    @cached_property
    def facets(self) -> Facets:
        """The facets that were looked for, and the segments of those that hold."""
        try:
            return read_facets(self.model.facets, self.segments)
        except InputError as error:
            raise self._unreadable("segmentation.json", error) from error

    @cached_property
    def lifecycle(self) -> Lifecycle | Reason | None:
        """The stage of each customer, or why there is none; None in versions from before it."""
        stored = self.manifest.lifecycle
        if stored is None:
            return None
        if "reason" in stored:
            return Reason(**stored["reason"])
        table = self._parquet(
            "lifecycle.parquet", user_id=pa.types.is_string, stage=pa.types.is_string
        )
        try:
            rhythms = {basis: Rhythm.from_json(stored[basis]) for basis in stored}
        except (KeyError, TypeError) as error:
            raise self._unreadable(MANIFEST, f"lifecycle: {error}") from error
        if "past_due" not in table.column_names:  # versions from before it
            last = pc.less_equal(table["expected_on"], pa.scalar(self.window.last_day))
            past = pc.fill_null(pc.and_(table["due"], last), False)
            table = table.append_column("past_due", past)
        return Lifecycle(table, rhythms, self.window)

    @cached_property
    def lifetime(self) -> pa.Table | None:
        """What each customer is expected to order and to bring; None where there is no forecast."""
        if not self.has("lifetime.parquet"):
            return None
        return self._parquet("lifetime.parquet", user_id=pa.types.is_string)

    @cached_property
    def lifetime_contest(self) -> pa.Table | None:
        """How each way of forecasting did before; None where there is no forecast."""
        if not self.has("lifetime_contest.parquet"):
            return None
        return self._parquet("lifetime_contest.parquet", part=pa.types.is_string)

    @cached_property
    def forecast(self) -> Forecast | None:
        """The forecast, or why there is none; None where none was asked for."""
        if not self.has("forecast.json"):
            return None
        tables = [
            pa.table({}) if table is None else table
            for table in (self.lifetime, self.lifetime_contest)
        ]
        return self._document("forecast.json", lambda text: read_forecast(text, *tables))

    @cached_property
    def history(self) -> History | None:
        """The shop over time, its cohorts and its change; None in versions from before it."""
        stored = self.manifest.history
        if stored is None:
            return None
        names = ("over_time", "cohorts", "retention", "revenue_change", "seasons")
        tables = {
            name: self._parquet(f"{name}.parquet") for name in names if self.has(f"{name}.parquet")
        }
        try:
            return read_history(stored, tables)
        except (KeyError, TypeError) as error:
            raise self._unreadable(MANIFEST, f"history: {error}") from error

    @cached_property
    def habits(self) -> Habits | None:
        """What each segment's customers choose, and when; None in versions from before it."""
        if not self.has("habits.parquet"):
            return None
        return Habits(self._parquet("habits.parquet", part=pa.types.is_string))

    @cached_property
    def recommendations(self) -> Recommendations | None:
        """The lists of customers, and what is told of products; None where none were made."""
        if not self.has("recommendation.json"):
            return None
        table = self._parquet("recommendations.parquet", user_id=pa.types.is_string)
        products = self._parquet("products.parquet", key=pa.types.is_string)
        return self._document(
            "recommendation.json", lambda text: read_recommendations(text, table, products)
        )

    @cached_property
    def narrative(self) -> Mapping[str, Any] | None:
        """What `narrative.json` holds; None where no narrative was kept.

        `clustomer.narrative.kept_narrative` reads it as prose, and checks it.
        """
        if not self.has("narrative.json"):
            return None
        return self._document(
            "narrative.json", lambda text: read_document(text, "narrative.json", newest=1)
        )

    @cached_property
    def facts(self) -> Facts:
        """Every number that a text shows."""
        return self._document("facts.json", lambda text: Facts.from_json(text.decode()))

    def interpret(
        self,
        given_names: Mapping[str, str] | None = None,
        recommendations: Recommendations | None = None,
    ) -> Interpretation:
        """Say what the stored segments mean, as the run did; with other names, if any are given.

        `given_names` (segment id to name), and `recommendations`, stand in place of those that
        were stored.
        """
        manifest, settings = self.manifest, self.manifest.settings
        return interpret(
            self.customers,
            self.segmentation,
            currency=settings.currency,
            # versions from before there were forecasts did not tell them apart
            margin=settings.margin_given
            if "margin_given" in settings.model_fields_set
            else settings.margin,
            cost=settings.cost,
            cleaning=self.cleaning,
            window=self.window,
            source_label=manifest.source.label,
            unavailable=manifest.unavailable_features,
            given_names=self.given_names if given_names is None else given_names,
            attributes=self.attributes,
            certificates=self.certificates,
            facets=self.facets,
            lifecycle=self.lifecycle,
            forecast=self.forecast,
            history=self.history,
            habits=self.habits,
            recommendations=self.recommendations if recommendations is None else recommendations,
            comparison=self.comparison,
            population=self.population,
            reading_notes=tuple(manifest.reading_notes.values()),
            warnings=tuple(manifest.warnings.values()),
            title=settings.title,
            one_page=settings.summary,
            nameless=manifest.revenue_without_customer,
            currencies=manifest.currencies,
        )

    def _document(self, name: str, read: Callable[[bytes], _Read]) -> _Read:
        path = self.file(name)
        try:
            return read(path.read_bytes())
        except (OSError, ValueError) as error:
            raise self._unreadable(name, error) from error

    def _parquet(self, name: str, **columns: Callable[[pa.DataType], bool]) -> pa.Table:
        path = self.file(name)
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise self._unreadable(name, error) from error
        for column, is_right in columns.items():
            if column not in table.column_names or not is_right(table.schema.field(column).type):
                raise self._unreadable(name, f"it has no column `{column}` of the expected type")
        return table

    def _csv(self, name: str, types: Mapping[str, pa.DataType]) -> pa.Table:
        path = self.file(name)
        try:
            options = pyarrow.csv.ConvertOptions(column_types=types)
            table = pyarrow.csv.read_csv(path, convert_options=options)
        except (OSError, pa.ArrowException) as error:
            raise self._unreadable(name, error) from error
        for column in types:
            if column not in table.column_names:
                raise self._unreadable(name, f"it has no column `{column}`")
        return table

    def _unreadable(self, name: str, reason: object) -> InputError:
        why = str(reason).rstrip(".")
        return InputError(
            f"{self.path / name} cannot be read: {why}. Expected the file as it was written. "
            "Run `clustomer run` again."
        )
