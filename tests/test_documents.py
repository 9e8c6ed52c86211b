"""One policy for the schema version of every stored file."""

import json
from collections.abc import Callable

import pytest

from clustomer.certificates import not_certified, read_certificates
from clustomer.documents import read_document
from clustomer.errors import InputError
from clustomer.insights import Facts
from clustomer.segments import read_model

READERS = {
    "segmentation.json": read_model,
    "certificates.json": read_certificates,
    "facts.json": Facts.from_json,
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("version", [99, 0, -1, True, "1", 1.0, None])
def test_a_version_that_is_not_read_is_refused_by_every_reader(
    read: Callable[[str], object], version: object
) -> None:
    with pytest.raises(InputError, match=r"schema.version"):
        read(json.dumps({"schema_version": version}))


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        '{"schema_version": 1e999}',
        '{"schema_version": NaN}',
        f'{{"schema_version": {"9" * 5000}}}',
        '{"schema_version": 1}',
    ],
)
def test_what_is_no_such_document_is_one_message(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(InputError, match=r"This (is no )?\w+\.json"):
        read(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputError, match="is not JSON"):
        read_certificates(b"\xff\xfe{")


def test_migrations_run_in_order_and_only_those_that_are_needed() -> None:
    migrations = {
        1: lambda old: {**old, "steps": [*old["steps"], "1 to 2"]},
        2: lambda old: {**old, "steps": [*old["steps"], "2 to 3"]},
    }
    text = '{"schema_version": %d, "steps": []}'
    for version, steps in ((1, ["1 to 2", "2 to 3"]), (2, ["2 to 3"]), (3, [])):
        read = read_document(text % version, "a.json", newest=3, migrations=migrations)
        assert read == {"schema_version": 3, "steps": steps}
    with pytest.raises(InputError, match="schema version 1, which is no longer read"):
        read_document(text % 1, "a.json", newest=3, migrations={2: migrations[2]})
    with pytest.raises(InputError, match=r"This is no a\.json of schema version 1: KeyError"):
        read_document('{"schema_version": 1}', "a.json", newest=2, migrations={1: migrations[1]})


def test_what_is_written_today_is_read() -> None:
    written = not_certified().to_json()
    assert read_certificates(json.dumps(written)).to_json() == written


@pytest.mark.parametrize(
    "fact",
    [{}, {"id": 1}, 3, {"id": "a", "value": [], "unit": "days", "decimals": 0,
     "segment_id": None, "source": {}}],
)  # fmt: skip
def test_facts_of_other_types_are_refused(fact: object) -> None:
    with pytest.raises(InputError, match=r"This is no facts\.json"):
        Facts.from_json(json.dumps({"schema_version": 1, "currency": None, "facts": [fact]}))
