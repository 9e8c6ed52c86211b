"""The public API is what is listed, and importing it is cheap."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import clustomer

PUBLIC = clustomer.__all__
"""Pinned by the page of the reference, which has a heading for each."""

ROOMS = [
    "customers",
    "editions",
    "engines",
    "events",
    "facets",
    "insights",
    "outputs",
    "products",
    "proofs",
    "versions",
    "segments",
    "simulate",
]


def test_type_checkers_are_told_the_same_homes() -> None:
    tree = ast.parse(Path(clustomer.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    homes = {
        alias.name: str(node.module).removeprefix("clustomer.")
        for node in imports
        for alias in node.names
        if str(node.module).startswith("clustomer.")
    }
    assert homes == clustomer._HOMES
    assert set(homes) == set(clustomer.__all__)


def test_no_public_name_is_that_of_a_module() -> None:
    modules = {path.stem for path in Path(clustomer.__file__).parent.iterdir()}
    assert modules & set(PUBLIC) == set()


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(clustomer, name)
    assert value.__doc__


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_lists_what_it_gives(room: str) -> None:
    module = import_module(f"clustomer.{room}")
    assert module.__doc__
    for name in module.__all__:
        assert hasattr(module, name), name


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'segmentt'"):
        clustomer.segmentt  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, clustomer, clustomer.cli\n"
        "heavy = {'numpy', 'pyarrow', 'duckdb', 'sklearn', 'sqlglot', 'vl_convert', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
