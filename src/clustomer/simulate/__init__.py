"""A simulated shop whose true customer segments are known."""

from clustomer.simulate.dirt import DIRT_RATES
from clustomer.simulate.kinds import BOT, EVERYONE, KINDS, SEGMENTS, Kind
from clustomer.simulate.simulation import Simulation, simulate
from clustomer.simulate.temperaments import DRIFT

__all__ = [
    "BOT",
    "DIRT_RATES",
    "DRIFT",
    "EVERYONE",
    "KINDS",
    "SEGMENTS",
    "Kind",
    "Simulation",
    "simulate",
]
