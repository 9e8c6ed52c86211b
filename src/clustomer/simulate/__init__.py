"""A simulated shop whose true customer segments are known."""

from clustomer.simulate.dirt import DIRT_RATES
from clustomer.simulate.simulation import Simulation, simulate
from clustomer.simulate.world import BOT, KINDS, SEGMENTS, Kind

__all__ = ["BOT", "DIRT_RATES", "KINDS", "SEGMENTS", "Kind", "Simulation", "simulate"]
