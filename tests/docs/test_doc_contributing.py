"""The page on changing the program names rooms, files and names that there are."""

import re
import tomllib

from doc_pages import ROOT, prose

import check_house

PAGE = prose(ROOT / "docs" / "contributing.md")
FILES = [
    path.relative_to(ROOT).as_posix()
    for folder in ("src", "tests", "scripts", "docs", "benchmarks")
    for path in (ROOT / folder).rglob("*")
] + ["CHANGELOG.md"]
RESULTS = (ROOT / "docs" / "reference" / "results.md").read_text(encoding="utf-8")


def absent(page: str) -> list[str]:
    """Return the files and folders that a page names and that there are not."""
    paths = re.findall(r"`([\w./]+(?:/|\.(?:py|md|json)))`", page)
    paths += re.findall(r"(tests/[\w./]*\w)", page)
    return [
        path
        for path in paths
        if f"`{path}`" not in RESULTS
        and not any(f"/{file}".endswith(f"/{path.rstrip('/')}") for file in FILES)
    ]


def test_its_files_are_there() -> None:
    assert absent(PAGE) == []
    assert absent("`insights/nothing.py`, `make`, `settings.py`") == ["insights/nothing.py"]


def test_its_constants_are_in_the_program() -> None:
    sources = [*(ROOT / "src").rglob("*.py"), ROOT / "scripts" / "same_results.py"]
    program = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    names = set(re.findall(r"`(_?[A-Z][A-Z_]{3,})`", PAGE))
    assert len(names) >= 8
    assert {name for name in names if not re.search(rf"\b{name}\b", program)} == set()


def test_its_rooms_are_those_of_the_contract_and_in_its_order() -> None:
    table = re.findall(r"^\| (`.+?`) \|", PAGE, re.MULTILINE)
    rooms = [name for cell in table for name in re.findall(r"`(\w+)`", cell)]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [layers] = [
        contract["layers"]
        for contract in contracts["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == ["clustomer"]
    ]
    order = [
        room for layer in reversed(layers) for room in layer.split(" | ") if room != "__main__"
    ]
    data = order[order.index("engines") :]
    assert set(order) - set(rooms) == set()
    assert [room for room in rooms if room in data] == data


def test_its_limits_are_those_of_the_check() -> None:
    assert f"more than {check_house.MOST_MODULES} modules" in PAGE
    assert f"more than {check_house.MOST_LINES} lines" in PAGE
    assert all(f"`{name}`" in PAGE for name in check_house.VAGUE)
