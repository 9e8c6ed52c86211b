"""What is known of a facet: its bins, its rule, its segments and its tests, ready for JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import pyarrow as pa

from clustomer.certificates.certificate import (
    Estimate,
    FacetBelongs,
    FacetCertificate,
    FacetPredictive,
    FacetReal,
    FacetStable,
    Mark,
    RareCertificate,
)
from clustomer.customers.reason import Reason
from clustomer.errors import InputError
from clustomer.facets.declaration import RARE
from clustomer.facets.rare import Rare, RareKind
from clustomer.thresholds import FACET_AGREEMENT, FACET_DIP, FACET_GAIN, FACET_RELIABILITY


@dataclass(frozen=True)
class FacetTest:
    """What was tested of a facet, on `customers` of those with enough visits.

    `between` is how far customers are apart (the part of the variance of a visit's shares that
    belongs to the customer), `between_dealt` the highest value where visits are dealt to anyone.
    `reliability` is the part of how far the customers' shares are apart that belongs to customers.
    `gain` is the variance that the segments explain over what they explain in crowds that differ
    by degree; `dip` is the mean depth of the density dips around segments, `dip_crowd` the highest
    in the crowds. `agreement` is Cohen's kappa between the segments that two halves of each
    customer's visits give. `gains` holds the gain of each number of segments from 2 on.
    """

    customers: int
    between: float | None = None
    between_dealt: float | None = None
    reliability: float | None = None
    gain: float | None = None
    dip: float | None = None
    dip_crowd: float | None = None
    crowds: int = 0
    agreement: float | None = None
    gains: tuple[float, ...] = ()

    @property
    def belongs(self) -> Mark:
        """Whether the differences belong to customers, by `FACET_RELIABILITY`.

        >>> FacetTest(500, between=0.2, between_dealt=0.01, reliability=0.09).belongs
        'fail'
        """
        if self.between is None or self.between_dealt is None or self.reliability is None:
            return "not tested"
        ours = self.between > self.between_dealt and self.reliability >= FACET_RELIABILITY
        return "pass" if ours else "fail"

    @property
    def apart(self) -> Mark:
        """Whether there are groups, by `FACET_GAIN` and `FACET_DIP`."""
        if self.gain is None:
            return "not tested"
        if self.dip is None or self.dip_crowd is None:
            return "fail"
        groups = self.gain >= FACET_GAIN and self.dip - self.dip_crowd >= FACET_DIP
        return "pass" if groups else "fail"

    @property
    def agrees(self) -> Mark:
        """Whether two halves of the visits agree, by `FACET_AGREEMENT`."""
        if self.agreement is None:
            return "not tested"
        return "pass" if self.agreement >= FACET_AGREEMENT else "fail"


@dataclass(frozen=True)
class NextPeriod:
    """Whether segments made before a date tell what their members did from then on.

    `share` is the mean share of the members' later visits in the bins that mark their segment,
    `everyone` the share that all customers' later visits have there; `lift` is their ratio with
    its 95 % interval.
    """

    customers: int
    share: float
    everyone: float
    lift: float
    low: float
    high: float

    @property
    def tells(self) -> Mark:
        """Whether the segments told more than everyone's share: surely, perhaps (weak) or not."""
        if self.low > 1:
            return "pass"
        return "weak" if self.lift > 1 else "fail"


@dataclass(frozen=True)
class FacetSegment:
    """One segment of a facet.

    `shares` are the mean shares of its members' visits in each bin, as they are (not drawn to the
    shop's); `marks` are the bins that mark it, most telling first. `true_of` is the share of
    members with more in the marks than everyone, `inside` the mean share of their visits there.
    """

    segment_id: str
    customers: int
    shares: tuple[float, ...]
    marks: tuple[int, ...]
    inside: float
    true_of: float


@dataclass(frozen=True)
class Facet:
    """A facet of a shop's customers.

    Attributes
    ----------
    name : str
        "taste".
    view : str
        The way it is seen that holds: "department"; empty where none does.
    holds : bool
        Whether its segments are delivered.
    why : Reason or None
        Why it does not hold.
    bins : tuple of str
        Names of the bins as the data have them; empty text for the rest.
    everyone : tuple of float
        The shop's share of each bin: the mean over customers with enough visits.
    strength : float
        How many visits these are worth beside a customer's own.
    least_visits, customers : int
        How many visits it takes, and how many customers have them.
    segments : tuple of FacetSegment
    test : FacetTest or None
    following : NextPeriod or None
    also : tuple of str
        Other ways to see it that hold as well.
    week : tuple of tuple of float
        Where it is seen by hours or days: the mean share of the members' visits that begin in
        each of the 168 hours of a week, Monday first, of each segment and then of everyone.
    assignment : mapping
        The rule, as `segmentation.json` stores rules, over `share_0`, `share_1`, ...
    sql : mapping
        `customers`: from events to the shares; `assignment`: from them to the cluster.
    prices : tuple of (category, mean price)
        Where it is seen by prices: those of all customers, beside which they are put.
    """

    name: str
    view: str = ""
    holds: bool = False
    why: Reason | None = None
    bins: tuple[str, ...] = ()
    everyone: tuple[float, ...] = ()
    strength: float | None = None
    least_visits: int = 0
    customers: int = 0
    segments: tuple[FacetSegment, ...] = ()
    test: FacetTest | None = None
    following: NextPeriod | None = None
    also: tuple[str, ...] = ()
    week: tuple[tuple[float, ...], ...] = ()
    assignment: Mapping[str, Any] = field(default_factory=dict)
    sql: Mapping[str, str] = field(default_factory=dict)
    prices: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Facets:
    """All facets that were looked for, and the segments of those that hold.

    Attributes
    ----------
    facets : tuple of Facet
    table : pyarrow.Table
        `user_id` and, for each facet that holds, `<facet>_segment_id` ("taste:1"; NULL for who
        has too few visits, and for suspected bots), in the order of the customers; and
        `rare_segment_id` where there are rare kinds.
    rare : Rare, or None where rare kinds were not looked for.
    """

    facets: tuple[Facet, ...]
    table: pa.Table
    rare: Rare | None = None

    def __getitem__(self, name: str) -> Facet:
        """Return what is known of one facet; LookupError where it was not looked for."""
        looked = [facet.name for facet in self.facets]
        if name not in looked:
            raise LookupError(
                f"The facet `{name}` was not looked for. Those that were: "
                f"{', '.join(looked) or 'none'}. Name it in `find_facets(..., facets=[...])`."
            )
        return self.facets[looked.index(name)]

    @property
    def held(self) -> tuple[Facet, ...]:
        """Those that hold."""
        return tuple(facet for facet in self.facets if facet.holds)

    @property
    def rare_kinds(self) -> tuple[RareKind, ...]:
        """Those few who are far from all others, kind by kind."""
        return self.rare.kinds if self.rare is not None else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of segment ids that the table has."""
        names = [facet.name for facet in self.held] + [RARE] * bool(self.rare_kinds)
        return tuple(f"{name}_segment_id" for name in names)

    @property
    def rare_certificates(self) -> dict[str, RareCertificate]:
        """What each rare kind passed, by segment id."""
        return {
            kind.segment_id: RareCertificate(
                kind.segment_id, kind.apart, kind.excess, kind.excess_crowd, kind.crowds
            )
            for kind in self.rare_kinds
        }

    @property
    def certificates(self) -> dict[str, FacetCertificate]:
        """What each passed and failed, by name."""
        return {facet.name: _certificate(facet) for facet in self.facets}

    def to_json(self) -> dict[str, Any]:
        """Return the facets as JSON-ready values, by name."""
        rare = {RARE: plain(self.rare)} if self.rare is not None else {}
        return {**{facet.name: plain(facet) for facet in self.facets}, **rare}


def _certificate(facet: Facet) -> FacetCertificate:
    test, later = facet.test or FacetTest(0), facet.following
    predictive = FacetPredictive("not tested")
    if later is not None:
        lift = Estimate(later.lift, later.low, later.high)
        predictive = FacetPredictive(
            later.tells, later.customers, later.share, later.everyone, lift
        )
    return FacetCertificate(
        facet.name,
        facet.view,
        facet.holds,
        facet.customers,
        FacetBelongs(test.belongs, test.between, test.between_dealt, test.reliability),
        FacetReal(test.apart, test.gain, test.dip, test.dip_crowd, test.crowds),
        FacetStable(test.agrees, test.agreement),
        predictive,
    )


def no_facets(user_ids: pa.ChunkedArray) -> Facets:
    """Return what stands where no facet was looked for.

    >>> no_facets(pa.chunked_array([["a"]])).facets
    ()
    """
    return Facets((), pa.table({"user_id": user_ids}))


def read_facets(stored: Mapping[str, Any], table: pa.Table) -> Facets:
    """Return the facets of a stored version.

    Parameters
    ----------
    stored : mapping
        What `Facets.to_json` gave.
    table : pyarrow.Table
        `user_id` and the columns `<facet>_segment_id`; others are left out.

    Raises
    ------
    InputError
        If it is something else.

    Examples
    --------
    >>> facets = no_facets(pa.chunked_array([["a"]]))
    >>> read_facets(facets.to_json(), facets.table).facets
    ()
    >>> read_facets({"taste": {"holds": 3}}, facets.table)
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: The facets cannot be read: ...
    """
    facets, rare = stored_facets(stored)
    columns = Facets(facets, table, rare).columns
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise InputError(
            f"The segments have no column `{missing[0]}`, though the facet holds. Expected it as "
            "it was written. Run `clustomer run` again."
        )
    return Facets(facets, table.select(["user_id", *columns]), rare)


def stored_facets(stored: Mapping[str, Any]) -> tuple[tuple[Facet, ...], Rare | None]:
    """Return the facets that a version holds, and its rare kinds, without who is in them.

    Raises
    ------
    InputError
        If they are something else.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        facets = TypeAdapter(tuple[Facet, ...]).validate_python(
            tuple(facet for name, facet in stored.items() if name != RARE)
        )
        rare = TypeAdapter(Rare | None).validate_python(stored.get(RARE))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"The facets cannot be read: {place}: {first['msg']}. Expected them as they were "
            "written. Run `clustomer run` again."
        ) from error
    return facets, rare


def plain(value: Any) -> Any:
    """Return data classes as mappings, and tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return value
