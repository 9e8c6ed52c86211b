"""What the check of the house refuses, and what it lets pass."""

import ast

import pytest

import check_house


def findings(check, text: str) -> list[tuple[int, str]]:
    return [(line, what) for _, _, line, what in check("room.py", ast.parse(text))]


@pytest.mark.parametrize(
    "text",
    [
        "found = 1",
        "for each in rows: pass",
        "[told for told in rows]",
        "def f(own): pass",
        "with open(x) as said: pass",
        "(whole := 1)",
    ],
)
def test_a_variable_that_does_not_say_what_it_is(text: str) -> None:
    [(line, what)] = findings(check_house.vague_names, text)
    assert line == 1
    assert "say what it is" in what


def test_words_and_attributes_are_no_variables() -> None:
    text = "row.found = f(known=1)\nname = 'each'\nfoundation = 2"
    assert findings(check_house.vague_names, text) == []


def test_a_long_function_is_counted_without_what_declares_it() -> None:
    declaration = "def f(\n" + "    a,\n" * 70 + "):\n    '''" + "Words.\n" * 70 + "'''\n"
    short, long = (declaration + "    a()\n" * lines for lines in (60, 61))
    assert findings(check_house.long_functions, short) == []
    assert findings(check_house.long_functions, long) == [(1, "`f` has 61 lines, more than 60")]


def test_a_sentence_is_refused_but_in_errors_and_docstrings() -> None:
    text = '''
"""This module says a whole sentence."""
why = f"There are {n} customers of this shop."
raise InputError(f"There are {n} customers of this shop.")
label = "customers"
'''
    [(line, _)] = findings(check_house.sentences, text)
    assert line == 3


def test_mended_english_is_refused() -> None:
    text = "a.replace('is', 'are')\nb.replace('_', ' ')"
    assert [line for line, _ in findings(check_house.mended_sentences, text)] == [1]
