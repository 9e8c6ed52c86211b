"""What counts as nothing: the words for it, and everything that only looks like them."""

import pytest

from clustomer.engines import DuckDB, literal
from clustomer.events.missing import present_expression

NOTHING = [
    *("", " ", "null", "NULL", " Null ", "nan", "NaN", "none", "None", "NaT", "\\N", "<NA>"),
    *("NA", "n/a", "#N/A", "#N/A N/A", "#NA", "-NaN", "-nan", "-1.#IND", "-1.#QNAN", "undefined"),
    *("(not set)", "(none)", "-", "--", " NA ", "\u00a0"),
]
SOMETHING = [
    *(
        "0",
        "n",
        "N",
        "nul",
        "nulls",
        "nap",
        "undefine",
        "---",
        "-5",
        "1.5",
        "#1",
        "(not set",
        "u123",
        "nano",
        "Nike",
        "x",
        "view",
        "<n>",
        "\\",
        "\\nn",
    ),
    *("nonesuch", "é", "Ø", "noné", "null null", "17850", "<na", "none."),
]


@pytest.fixture(scope="module")
def engine():
    with DuckDB() as made:
        yield made


def present(engine: DuckDB, values: list[str], more: tuple[str, ...] = ()) -> list[str | None]:
    rows = ", ".join(f"({literal(value).sql('duckdb')})" for value in values)
    expression = present_expression("value", "VARCHAR", more)
    result = dict(engine.rows(f"SELECT value, {expression} FROM (VALUES {rows}) AS given(value)"))
    return [result[value] for value in values]


def test_words_for_nothing_are_missing(engine) -> None:
    assert present(engine, NOTHING) == [None] * len(NOTHING)


def test_everything_else_is_present_without_blanks_around_it(engine) -> None:
    assert present(engine, SOMETHING) == SOMETHING
    around = [f" {value} " for value in SOMETHING if value.strip() == value]
    assert present(engine, around) == [value.strip() for value in around]


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u202f", "\u3000"])
def test_spaces_beyond_the_keyboard_are_blanks_too(engine, space: str) -> None:
    assert present(engine, [space, f"{space}null", f"{space}views"]) == [None, None, "views"]


@pytest.mark.parametrize("word", ["Unknown", "ñada", "?", "0"])
def test_a_shop_may_have_further_words(engine, word) -> None:
    for given in (word, word.upper(), word.lower(), f"  {word}"):
        assert present(engine, [given], (word,)) == [None]
    others = [value for value in SOMETHING if value != word]
    assert present(engine, [*others, word + "s"], (word,)) == [*others, word + "s"]
    assert present(engine, NOTHING, (word,)) == [None] * len(NOTHING)
