from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustomer.customers import FEATURES, MEASURES
from clustomer.engines import DIALECTS, NotPortableError, check, literal, parse, translate
from clustomer.errors import UsageError


@pytest.mark.parametrize(
    "sql",
    [
        "ARG_MAX(brand, price)",
        "ENTROPY(brand)",
        "HASH(user_id)",
        "QUANTILE_CONT(price, 0.5)",
        "MEDIAN(price)",
        "MODE(brand)",
        "EPOCH(event_time)",
        "EXTRACT(DOW FROM event_time)",
        "TRY_CAST(price AS DOUBLE)",
        "STRPTIME(event_time, '%Y')",
        "REGEXP_MATCHES(brand, 'a')",
        "APPROX_COUNT_DISTINCT(brand)",
        "event_time + INTERVAL 1 DAY",
        "DATE_DIFF('day', a, b)",
        "CAST(price AS FLOAT)",
        "AVG(price)",
        "a_function_nobody_knows(price)",
        "SELECT * FROM a QUALIFY ROW_NUMBER() OVER () = 1",
    ],
)
def test_what_means_something_else_elsewhere_is_refused(sql: str) -> None:
    with pytest.raises(NotPortableError):
        parse(sql)


def test_the_message_names_what_is_wrong() -> None:
    with pytest.raises(NotPortableError, match=r"`ENTROPY\(brand\)`.*does not mean the same"):
        parse("ENTROPY(brand)")


def test_text_that_is_no_sql_is_refused() -> None:
    with pytest.raises(NotPortableError, match="is not SQL"):
        parse("SELECT FROM WHERE (")


@pytest.mark.parametrize("declared", [*FEATURES, *MEASURES], ids=lambda feature: feature.name)
def test_every_feature_keeps_to_the_portable_dialect(declared: object) -> None:
    expression = parse(declared.sql)  # type: ignore[attr-defined]
    for dialect in DIALECTS:
        assert translate(expression, dialect)


def test_an_unknown_dialect_lists_the_near_misses() -> None:
    with pytest.raises(UsageError, match="Did you mean `postgres`"):
        translate(parse("1"), "postgresql")


def test_parsing_gives_a_copy() -> None:
    first = parse("SUM(price)")
    first.this.replace(parse("quantity"))
    assert parse("SUM(price)").sql("duckdb") == "SUM(price)"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@given(
    st.one_of(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
        st.integers(-(10**15), 10**15),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.none(),
    )
)
def test_a_literal_is_read_back_as_it_was(
    connection: duckdb.DuckDBPyConnection, value: object
) -> None:
    expression = check(literal(value))  # type: ignore[arg-type]
    read = connection.execute(f"SELECT {expression.sql('duckdb')}").fetchall()[0][0]
    assert read == value


def test_a_literal_must_be_finite() -> None:
    with pytest.raises(UsageError, match="finite"):
        literal(float("nan"))
