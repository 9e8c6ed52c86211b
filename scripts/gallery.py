"""Make the pictures of the gallery from simulated shops, the same each time.

    python scripts/gallery.py [--check]

`--check` says which pictures the program would draw otherwise today, and changes nothing.
"""

import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent.parent / "docs" / "images" / "gallery"
WIDTH = 900

SHOPS = {
    "kinds": ["--events", "80000", "--seed", "7"],
    "alike": ["--events", "20000", "--seed", "7", "--no-structure"],
}
"""Shops of the gallery, and how each is simulated."""

PICTURES = {
    "kinds": ("segments", "differences", "over_time", "cohorts"),
    "alike": ("choice_of_k",),
}
"""What is shown of each."""


def main(arguments: list[str]) -> int:
    """Draw all pictures; return 1 where `--check` finds another one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    differing = []
    with tempfile.TemporaryDirectory(prefix="clustomer-") as place:
        for shop, simulated in SHOPS.items():
            results = run(Path(place), shop, simulated)
            for name in PICTURES[shop]:
                drawn = small(results / "latest" / "reports" / "figures" / f"{name}.png")
                path = FOLDER / f"{shop}_{name}.png"
                if path.is_file() and path.read_bytes() == drawn:
                    continue
                differing.append(path.name)
                if "--check" not in arguments:
                    path.write_bytes(drawn)
    print(f"Drawn anew: {', '.join(differing) or 'none'}")
    return 1 if differing and "--check" in arguments else 0


def run(place: Path, shop: str, simulated: list[str]) -> Path:
    """Simulate a shop and segment it; return the results folder."""
    clustomer = [sys.executable, "-m", "clustomer"]
    log, results = place / f"{shop}.parquet", place / shop
    subprocess.run([*clustomer, "simulate", str(log), *simulated, "--quiet"], check=True)
    call = [*clustomer, "run", str(log), "--out", str(results), "--currency", "EUR", "--quiet"]
    # without structure a run ends with 5: done, and said so
    done = subprocess.run([*call, "--k-range", "2:6"], check=False)
    if done.returncode not in (0, 5):
        raise SystemExit(done.returncode)
    return results


def small(path: Path) -> bytes:
    """Return a picture at the width of a page."""
    with Image.open(path) as image:
        height = round(image.height * WIDTH / image.width)
        reduced = image.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
    content = BytesIO()
    reduced.save(content, "PNG", optimize=True)
    return content.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
