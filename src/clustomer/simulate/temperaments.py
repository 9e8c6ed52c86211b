"""What each simulated customer is like: how far it strays from its kind, and what drifts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustomer.simulate.kinds import Kind

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

# How far customers of one kind differ among themselves. Visits follow a gamma distribution, as in
# the NBD model of buying (Ehrenberg 1959); shares are logit-normal, views per visit log-normal.
VIEWS_SPREAD: Final = 0.35
SHARE_SPREAD: Final = 0.7
TASTE_SPREAD: Final = 0.5
SMOOTH_HOUR: Final = 16.0

DRIFT: Final[Mapping[str, float]] = MappingProxyType(
    {"views": -0.35, "completion": -0.6, "price": 0.5}
)
"""What a drift of 1 has changed by the end of the log, as a share of what it was at the start:
further views per session, carts that end in a purchase, and prices. It grows linearly with time."""


@dataclass(frozen=True)
class Temperaments:
    """What each customer of a block is like: one value per customer, in `Kind`'s units."""

    visits: Floats
    fewest_visits: Integers
    must_cart: Booleans
    must_buy: Booleans
    views: Floats
    intent: Floats
    completion: Floats
    removal: Floats
    direct: Floats
    price_taste: Floats
    deal_taste: Floats
    brand_taste: Floats
    focus: Floats
    rereading: Floats
    weekend: Floats
    arrival: Floats
    departure: Floats
    hour: Floats
    hour_spread: Floats

    def take(self, index: Integers) -> "Temperaments":
        """Return the temperaments at `index`, one per session or row."""
        return Temperaments(*(getattr(self, field.name)[index] for field in fields(self)))

    def append(self, more: "Temperaments") -> "Temperaments":
        """Return these temperaments and, after them, `more`."""
        return Temperaments(
            *(
                np.concatenate([getattr(self, field.name), getattr(more, field.name)])
                for field in fields(self)
            )
        )


def draw_temperaments(
    kind: Integers, kinds: tuple[Kind, ...], rng: np.random.Generator
) -> Temperaments:
    """Draw what each customer is like from the number of its kind in `kinds`."""
    n = kind.size

    def typical(name: str) -> Floats:
        return np.array([getattr(k, name) for k in kinds], dtype=np.float64)[kind]

    def share(name: str) -> Floats:
        mean = typical(name)
        logit = np.log(mean / (1.0 - mean)) + rng.normal(0.0, SHARE_SPREAD, n)
        return 1.0 / (1.0 + np.exp(-logit))

    def moment(name: str) -> Floats:
        bounds = np.array([getattr(k, name) for k in kinds], dtype=np.float64)[kind]
        return rng.uniform(bounds[:, 0], bounds[:, 1])

    visits, shape = typical("visits"), typical("visits_shape")
    varied = visits * rng.gamma(shape, 1.0 / shape, n)
    # People come in the evening, around noon and in the morning, in this order.
    hour = rng.choice([19.5, 12.5, 8.5], size=n, p=[0.55, 0.3, 0.15])
    hour = np.where(rng.random(n) < typical("night"), 1.5, hour) + rng.normal(0.0, 1.2, n)
    drawn = Temperaments(
        visits=np.where(visits == 1.0, 1.0, varied),
        fewest_visits=np.array([k.fewest_visits for k in kinds])[kind],
        must_cart=np.array([k.certain != "" for k in kinds])[kind],
        must_buy=np.array([k.certain == "purchase" for k in kinds])[kind],
        views=1.0 + (typical("views") - 1.0) * np.exp(rng.normal(0.0, VIEWS_SPREAD, n)),
        intent=share("intent"),
        completion=share("completion"),
        removal=share("removal"),
        direct=share("direct"),
        price_taste=typical("price_taste") + rng.normal(0.0, TASTE_SPREAD, n),
        deal_taste=typical("deal_taste") * rng.gamma(4.0, 0.25, n),
        brand_taste=typical("brand_taste") * rng.gamma(4.0, 0.25, n),
        focus=share("focus"),
        rereading=share("rereading"),
        weekend=typical("weekend") * np.exp(rng.normal(0.0, 0.5, n)),
        arrival=np.maximum(moment("arrival"), 0.0),
        departure=np.minimum(moment("departure"), 1.0),
        hour=hour,
        hour_spread=rng.uniform(1.0, 3.5, n),
    )
    if all(k.keeps_hours for k in kinds):
        return drawn
    keeps = np.array([k.keeps_hours for k in kinds])[kind]
    return replace(drawn, hour=np.where(keeps, hour, rng.normal(SMOOTH_HOUR, 3.0, n)))


def drifted(temper: Temperaments, strength: float, moment: Floats) -> Temperaments:
    """Return what is left of the temperaments at each `moment`, a share of the time, 0 to 1."""
    change = strength * moment
    return replace(
        temper,
        views=1.0 + (temper.views - 1.0) * (1.0 + DRIFT["views"] * change),
        completion=temper.completion * (1.0 + DRIFT["completion"] * change),
        direct=temper.direct * (1.0 + DRIFT["completion"] * change),
    )
