"""How much memory a run may take: a share of the machine's, or what was asked for."""

import os
import re
from pathlib import Path

from clustomer.errors import OutputError, UsageError

MACHINE_SHARE = 0.5
"""A run takes at most this share of the memory that the machine, or its container, has."""

ENGINE_SHARE = 0.6
"""The engine takes at most this share of a run's memory; the rest is for customers in Python."""

LEAST_MEMORY = 500_000_000
"""Less is not enough for the program itself, its libraries and a small log."""

PROGRAM_MEMORY = 400_000_000
"""What Python, its libraries and a run over few customers take."""

BYTES_PER_CUSTOMER = 1_100
"""What a customer takes in Python at most: some forty features of eight bytes, today and at the
earlier date, and the matrices and figures that are made of some of them."""

BYTES_PER_ROW = 400
"""What a row of a small log takes at most, in the engine and in the shops that certificates
simulate;"""
LEAST_OF_ENGINE = 200_000_000
"""this is enough for the engine with a log of any size, which waits on disk then,"""
SIMULATED_MEMORY = 200_000_000
"""and this for simulated shops, whose size is bounded."""

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:([KMGT]?)(I?)B?)\s*", re.IGNORECASE)
_UNKNOWN_MACHINE = 4 * 2**30


def read_memory(text: str) -> int:
    """Return an amount of memory in bytes.

    >>> read_memory("4GB"), read_memory("1.5 gib"), read_memory("800M")
    (4000000000, 1610612736, 800000000)
    >>> read_memory("much")
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: 'much' is no amount of memory. Expected one such as 4GB or 800MB.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None or (match[3] and not match[2]):
        raise UsageError(f"{text!r} is no amount of memory. Expected one such as 4GB or 800MB.")
    units = _BINARY_UNITS if match[3] else _UNITS
    return int(float(match[1]) * units[match[2].upper()])


def check_memory(given: str | None) -> None:
    """Raise UsageError for an amount that is none, or with which nothing can be done."""
    if given is not None and read_memory(given) < LEAST_MEMORY:
        raise UsageError(
            f"--memory is {given}, and the program needs {in_words(LEAST_MEMORY)} for itself. Give "
            "that at least, or leave the option out for half of the machine's memory."
        )


def memory_of_run(given: str | None = None) -> int:
    """Return the bytes that a run may take, by default half of what the machine has."""
    return read_memory(given) if given is not None else int(machine_memory() * MACHINE_SHARE)


def memory_of_engine(given: str | None = None) -> int:
    """Return the bytes that a run's engine may take."""
    return int(memory_of_run(given) * ENGINE_SHARE)


def memory_needed(customers: int, rows: int) -> int:
    """Return the bytes without which a run over so many customers and rows cannot do.

    >>> in_words(memory_needed(customers=2_857_143, rows=100_000_000))
    '3.9 GB'
    """
    of_rows = min(LEAST_OF_ENGINE + SIMULATED_MEMORY, BYTES_PER_ROW * rows)
    return PROGRAM_MEMORY + BYTES_PER_CUSTOMER * customers + of_rows


def require_memory(customers: int, rows: int, allowed: int) -> None:
    """Raise OutputError where a run may take less than it cannot do without."""
    needed = memory_needed(customers, rows)
    if needed <= allowed:
        return
    step = 10**8
    raise OutputError(
        f"There is too little memory for this log: the segments of about {customers:,} customers "
        f"need {in_words(needed)}, and the run may take {in_words(allowed)}. Allow more with "
        f"--memory {-(-needed // step) * step // 10**6}MB, where the machine has it, or segment "
        "fewer: --window 90d leaves out whoever did not come in that time."
    )


def machine_memory() -> int:
    """Return the bytes of memory of this machine, or of the container that the program is in."""
    try:
        installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # where there is no such question
        installed = _UNKNOWN_MACHINE
    return min([installed, *control_group_limits()])


def resident_memory() -> int | None:
    """Return the bytes that this process has in memory now; None where that is not told."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def control_group_limits(
    groups: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> list[int]:
    """Return the limits of memory that hold for this process on Linux, in either version.

    Parameters
    ----------
    groups : path
        Lists the groups that the process is in.
    root : path
        Where the groups are.
    """
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        return []
    limits = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            place, name = root, "memory.max"
        elif "memory" in controllers.split(","):
            place, name = root / "memory", "memory.limit_in_bytes"
        else:
            continue
        innermost = place / path.lstrip("/")
        # in a container the path may be one that only the host knows
        for folder in (innermost, *innermost.parents):
            if not folder.is_relative_to(place):
                break
            limit = _limit(folder / name)
            if limit is not None:
                limits.append(limit)
    return limits


def _limit(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # "max"
        return None


def in_words(size: int) -> str:
    """Return an amount of memory or of room on disk as it is written.

    >>> in_words(500_000_000), in_words(4_100_000_000)
    ('500 MB', '4.1 GB')
    """
    return f"{size / 10**9:.1f} GB" if size >= 10**9 else f"{size / 10**6:.0f} MB"
