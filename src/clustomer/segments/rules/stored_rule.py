"""Every kind of rule, and how it is written to `segmentation.json` and read from it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.scaling import ScaledFeature
from clustomer.segments.rules.nearest_centroid import NearestCentroid
from clustomer.segments.rules.nearest_exemplar import NearestExemplar
from clustomer.segments.rules.quadratic import Quadratic
from clustomer.segments.rules.rfm_grid import RfmGrid
from clustomer.segments.rules.rule import Rule

RULES = (NearestCentroid, Quadratic, NearestExemplar, RfmGrid)
"""The kinds of rules that there are."""

_STORED_ELSEWHERE = {"scaling", "exclusions"}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {rule.kind: TypeAdapter(rule) for rule in RULES}
_SCALED = {rule.kind for rule in RULES if "scaling" in {field.name for field in fields(rule)}}


def to_stored(rule: Rule) -> dict[str, Any]:
    """Return what a rule is made of, ready for JSON: its kind, then its parts.

    Scaling and exclusions are left out: features and exclusions stand beside it in the file.

    >>> import numpy as np
    >>> to_stored(NearestCentroid((), np.empty((1, 0))))
    {'kind': 'nearest_centroid', 'centroids': [[]]}
    """
    parts = _ADAPTERS[rule.kind].dump_python(rule, mode="json", exclude=_STORED_ELSEWHERE)
    return {"kind": rule.kind, **parts}


def from_stored(
    stored: Mapping[str, Any],
    scaling: Sequence[ScaledFeature] = (),
    exclusions: Sequence[Exclusion] = (),
) -> Rule:
    """Return the rule that `to_stored` wrote.

    Raises
    ------
    ValueError
        If there is no such kind, or its parts do not fit together.

    Examples
    --------
    >>> from_stored({"kind": "nearest_centroid", "centroids": [[]]}).kind
    'nearest_centroid'
    """
    kind = stored.get("kind")
    if kind not in _ADAPTERS:
        raise ValueError(f"the kind of the assignment is {kind!r}, expected {_kinds()}")
    parts = {name: value for name, value in stored.items() if name != "kind"}
    misplaced = sorted(_STORED_ELSEWHERE & parts.keys())
    if misplaced:
        raise ValueError(f"`{misplaced[0]}` does not belong into the assignment")
    beside: dict[str, Any] = {"exclusions": tuple(exclusions)}
    if kind in _SCALED:
        beside["scaling"] = tuple(scaling)
    try:
        rule: Rule = _ADAPTERS[kind].validate_python({**parts, **beside})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in (f"a {kind}", *first["loc"]))
        raise ValueError(f"{place}: {first['msg']}") from error
    return rule


def _kinds() -> str:
    *first, last = _ADAPTERS
    return f"{', '.join(first)} or {last}"
