"""The stored definition, checked: what `segmentation.json` says of how to score."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clustomer.customers import FEATURES, Feature
from clustomer.errors import InputError, UsageError
from clustomer.events import Window
from clustomer.events.reading.zones import check_time_zone
from clustomer.scoring.facets import ScoredFacet, scored_facets
from clustomer.scoring.rare import ScoredRare, scored_rare
from clustomer.segments import ScoringModel, SegmentationModel, read_model
from clustomer.segments.exclusions import BOTS, columns_of
from clustomer.segments.segmentation import BOTS_ID, BOTS_NAME
from clustomer.versions.given_names import keeps_its_line

_DECLARED = {declared.name: declared for declared in FEATURES}


@dataclass(frozen=True)
class Definition:
    """How a customer gets a segment: a model that this program can carry out.

    Attributes
    ----------
    model : SegmentationModel
    features : tuple of Feature
        Those that the rule and the exclusions look at.
    window : Window
        That of the run; scoring keeps its length and its time zone.
    scoring : ScoringModel
    facets : tuple of ScoredFacet
        Those that hold.
    rare : ScoredRare, or None where there is no rare kind
    """

    model: SegmentationModel
    features: tuple[Feature, ...]
    window: Window
    scoring: ScoringModel
    facets: tuple[ScoredFacet, ...] = ()
    rare: ScoredRare | None = None

    @property
    def segments(self) -> dict[int, tuple[str, str]]:
        """Cluster to the id and the name of its segment, for every cluster that the rule gives."""
        # of suspected bots there may have been none in the run
        stored = {
            part.cluster: (part.segment_id, part.name or part.segment_id)
            for part in self.model.segments
        }
        return {**stored, BOTS: stored.get(BOTS, (BOTS_ID, BOTS_NAME))}

    def features_with(self, rare: ScoredRare | None) -> tuple[Feature, ...]:
        """Return the features that the rule and rare kinds look at, in the declared order."""
        names = {feature.name for feature in self.features}
        names |= {feature.name for feature in rare.features} if rare is not None else set()
        return tuple(declared for declared in FEATURES if declared.name in names)

    def shop(self, window: Window) -> dict[str, float]:
        """Return the stored figures of the shop, with the bounds of another window."""
        bounds = {"start_s": window.start_s, "cutoff_s": window.cutoff_s}
        return {**self.scoring.shop, **bounds}


def read_definition(text: str | bytes) -> Definition:
    """Return the definition that a `segmentation.json` holds, if it can be carried out.

    Nothing of the file is run: features are those of this program, looked up by their names.

    Raises
    ------
    InputError
        If the file is damaged, of a version that cannot be scored with, or says of a feature what
        is not so here.

    >>> read_definition('{"schema_version": 4}')
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: This is no segmentation.json: ...
    """
    model = read_model(text)
    if model.scoring is None:
        raise InputError(
            "This segmentation.json holds nothing for scoring: it was written before there was "
            "scoring, or its customers were not made of events. Expected one of a run from events. "
            "Run `clustomer run` again."
        )
    features = _features(model)
    _check_figures(features, model.scoring)
    for part in model.segments:
        for text_of in (part.segment_id, part.name or ""):
            if not keeps_its_line(text_of):
                raise _damaged(f"the segment {part.segment_id!a} has control characters")
    facets = scored_facets(model.facets)
    rare = scored_rare(model.facets)
    return Definition(model, features, _window(model.window), model.scoring, facets, rare)


def _features(model: SegmentationModel) -> tuple[Feature, ...]:
    stored = {part.name: part for part in model.features}
    needed = {*stored, *columns_of(model.exclusions)}
    unknown = sorted(needed - _DECLARED.keys())
    if unknown:
        raise InputError(
            f"The segmentation looks at `{unknown[0]}`, which is no feature of this clustomer. "
            "Expected features that are made of events. Score with the clustomer that wrote it, or "
            "run `clustomer run` again."
        )
    for name, part in stored.items():
        if part.sql != _DECLARED[name].sql:
            raise InputError(
                f"The segmentation was made with another definition of `{name}` than this "
                "clustomer has. Expected the same. Score with the clustomer that wrote it "
                f"({model.clustomer_version}), or run `clustomer run` again."
            )
    return tuple(declared for declared in FEATURES if declared.name in needed)


def _check_figures(features: tuple[Feature, ...], scoring: ScoringModel) -> None:
    """Raise InputError where the shop's own rate for a feature is missing."""
    needed = [
        f"{declared.name}_{part}"
        for declared in features
        if declared.rate is not None
        for part in ("prior", "strength")
    ]
    missing = [name for name in needed if name not in scoring.shop]
    if missing:
        raise _damaged(f"the shop's figure `{missing[0]}` is missing")


def _window(stored: Mapping[str, Any]) -> Window:
    try:
        start, cutoff = (_moment(stored[name]) for name in ("start", "cutoff"))
        zone = stored["time_zone"]
        check_time_zone(zone)
    except (LookupError, TypeError, ValueError, UsageError) as error:
        raise _damaged(f"window: {error}") from error
    if start >= cutoff:
        raise _damaged("window: it ends before it starts")
    return Window(start, cutoff, zone)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _damaged(why: str) -> InputError:
    return InputError(
        f"This is no segmentation.json: {why}. Give the file of a results folder as it was written."
    )
