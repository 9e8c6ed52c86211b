"""Is a segment that was drawn by lot told from everyone no more often than it should be?

Draws shops whose customers spend with tails of three skewnesses, segments of four sizes by lot,
and counts how often the revenue of such a segment gets a p-value below 0.05 before adjustment
(5 % is right), and how often the interval of its lift holds 1, the truth (95 % is right).

    python benchmarks/lots.py --trials 1000
"""

import argparse

import numpy as np
from scipy.stats import skew

from clustomer.certificates.lifts import segment_lifts

SPREADS = (0.8, 1.6, 2.6)
SIZES = (30, 60, 150, 400)
CUSTOMERS = 4000


def lots(spent: np.ndarray, size: int, trials: int, random: np.random.Generator) -> tuple:
    """Return the shares of lots that are refuted and covered."""
    refuted = covered = 0
    for trial in range(trials):
        labels = np.ones(CUSTOMERS, dtype=int)
        labels[random.choice(CUSTOMERS, size, replace=False)] = 0
        [lift] = segment_lifts(labels, [("revenue", spent)], random_state=trial)[0]
        # the two segments have one p-value between them, which Holm doubles
        refuted += lift.p / 2 < 0.05
        covered += lift.lift.low <= 1 <= lift.lift.high
    return refuted / trials, covered / trials


def main() -> None:
    """Print a row for each tail and size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    random = np.random.default_rng(0)
    print("| skewness | customers in the segment | called significant | interval holds the truth |")
    print("|---:|---:|---:|---:|")
    for spread in SPREADS:
        spent = np.where(
            random.random(CUSTOMERS) < 0.3, random.lognormal(3, spread, CUSTOMERS), 0.0
        )
        for size in SIZES:
            refuted, covered = lots(spent, size, trials, random)
            print(f"| {skew(spent):.0f} | {size} | {refuted:.1%} | {covered:.1%} |", flush=True)


if __name__ == "__main__":
    main()
