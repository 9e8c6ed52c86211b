"""Text that is not quite right: what is lost is a counted line, never its neighbours."""

from pathlib import Path

import pytest

from clustomer.errors import InputError, UsageError
from clustomer.events import Events, read_events

HEADER = "event_time,event_type,price,user_id,brand"


def rows(count: int) -> list[str]:
    return [
        f"2024-01-{1 + i % 28:02d} {i % 24:02d}:{i % 60:02d}:{i % 60:02d},purchase,{i % 30}.50,"
        f"u{i % 50},b{i % 7}"
        for i in range(count)
    ]


def read(path: Path, *lines: str, end: str = "\n", **options: object) -> Events:
    path.write_bytes((end.join(lines) + end).encode())
    return read_events(path, **options)  # type: ignore[arg-type]


def rejected(events: Events) -> dict[str, int]:
    return {rule: n for rule, action, n in events.cleaning.rules if action == "rejected" and n}


@pytest.mark.parametrize("again", [None, 60, 500])
def test_a_stray_quote_costs_its_own_line(tmp_path: Path, again: int | None) -> None:
    lines = rows(2_000)
    for number in (100, *((100 + again,) if again else ())):
        head, _, _ = lines[number].rpartition(",")
        lines[number] = f'{head},"x'
    events = read(tmp_path / "log.csv", HEADER, *lines)
    broken = 2 if again else 1
    assert rejected(events) == {"broken_line": broken}
    assert (events.cleaning.rows, events.cleaning.kept) == (2_000, 2_000 - broken)


def test_a_stray_quote_within_a_line_costs_its_own_line(tmp_path: Path) -> None:
    header = "event_time,brand,user_id"
    lines = [f"2024-01-{1 + i:02d},b,u{i}" for i in range(20)]
    lines[5] = '2024-01-06,"b,u5'
    lines[9] = '2024-01-10,"b"x,u9'
    events = read(tmp_path / "log.csv", header, *lines)
    assert rejected(events) == {"broken_line": 2}
    assert events.cleaning.rows == 20


def test_a_quoted_text_may_go_over_lines(tmp_path: Path) -> None:
    header = "event_time,brand,user_id"
    lines = ['2024-01-01,"one\ntwo, or ""three""\n\nfour",u1', "2024-01-02,b,u2"]
    events = read(tmp_path / "log.csv", header, *lines)
    assert (events.cleaning.rows, events.cleaning.kept) == (2, 2)
    assert events.to_arrow()["brand"].to_pylist()[0] == 'one\ntwo, or "three"\n\nfour'


@pytest.mark.parametrize(("lines", "kept"), [(99, 1), (200, 0)])
def test_a_quoted_text_over_too_many_lines_is_reported(
    tmp_path: Path, lines: int, kept: int
) -> None:
    text = "\n".join(f"line {i}" for i in range(lines))
    events = read(
        tmp_path / "log.csv",
        "event_time,brand,user_id",
        f'2024-01-01,"{text}",u1',
        "2024-01-02,b,u2",
    )
    # every line of it counts
    assert events.cleaning.rows == (2 if kept else lines + 1)
    assert events.cleaning.kept == kept + 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind(tmp_path: Path, end: str, inside: str) -> None:
    events = read(
        tmp_path / "log.csv",
        "event_time,user_id,brand",
        f'2024-01-01 10:00:00,1,"a{inside}b"',
        "2024-01-02 10:00:00,2,b",
        end=end,
    )
    brands = events.to_arrow()["brand"].to_pylist()
    assert events.cleaning.rows == 2
    assert events.cleaning.kept == 2
    assert brands[-1] == "b"


def test_joined_files_with_other_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(
        b"event_time,user_id\r2024-01-01,1\r2024-01-02,2\n2024-01-03,3\r\n"
        b"event_time,user_id\n2024-01-04,4\r\n\n"
    )
    events = read_events(path)
    assert events.to_arrow()["user_id"].to_pylist() == ["1", "2", "3", "4"]
    # the header that comes again is no customer, and is counted
    assert rejected(events) == {"broken_line": 1}
    assert events.cleaning.rows == 5


def test_one_return_among_newlines_is_a_line_break_in_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"event_time,user_id,brand\n2024-01-01,1,a\rb\n2024-01-02,2,c\n")
    assert read_events(path).to_arrow()["brand"].to_pylist() == ["a b", "c"]


@pytest.mark.parametrize(
    ("above", "separator"),
    [
        (["sep=;"], ";"),
        (["# ----", "# Start date: 20240101"], ","),
        (["Orders, all of them, of the year 2024"], ";"),
        (["Orders;;;", ";;;"], ";"),
        (["", "Orders", ""], "\t"),
    ],
)
def test_lines_above_the_header(tmp_path: Path, above: list[str], separator: str) -> None:
    lines = ["event_time,event_type,user_id,price", "2024-01-05 09:00,purchase,k1,10"]
    lines = [line.replace(",", separator) for line in (*lines, lines[-1])]
    events = read(tmp_path / "log.csv", *above, *lines)
    assert (events.cleaning.rows, events.cleaning.kept) == (2, 2)


def test_a_broken_first_row_is_no_reason_to_take_it_for_the_header(tmp_path: Path) -> None:
    events = read(tmp_path / "log.csv", "event_time,user_id", "2024-01-01,1,2,3", "2024-01-02,2")
    assert rejected(events) == {"broken_line": 1}


def test_two_columns_of_one_name_are_named(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    lines = ["user_id,event_time,note,note,user_id", "A,2024-01-01 10:00:00,x,y,1"]
    with pytest.raises(InputError, match=r"2 columns called `user_id`: columns 1 and 5"):
        read(path, *lines)
    # those that nobody needs do no harm
    assert read(path, *(line[:-8] if "user" in line else line[:-2] for line in lines)).cleaning.kept
    chosen = tmp_path / "mine.toml"
    chosen.write_text(
        'event_type = "view"\n[columns]\nevent_time = "event_time"\nuser_id = "user_id_2"\n'
    )
    assert read(path, *lines, schema=str(chosen)).to_arrow()["user_id"].to_pylist() == ["1"]


def test_values_are_not_shown_in_place_of_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column_1") as caught:
        read(
            tmp_path / "log.csv", "2024-01-01,anna@example.com,9.99", "2024-01-02,bo@example.com,1"
        )
    assert "example" not in str(caught.value)


@pytest.mark.parametrize("separator", ["||", "::", "^"])
def test_a_separator_of_several_characters(tmp_path: Path, separator: str) -> None:
    schema = tmp_path / "mine.toml"
    schema.write_text(
        f'event_type = "view"\nseparator = "{separator}"\n'
        '[columns]\nevent_time = "at"\nuser_id = "who"\n'
    )
    lines = [separator.join(line) for line in (["at", "who"], ["2024-01-01", "1"])]
    assert read(tmp_path / "log.csv", *lines, schema=str(schema)).cleaning.kept == 1


def test_a_separator_that_cannot_be_is_refused(tmp_path: Path) -> None:
    schema = tmp_path / "mine.toml"
    for separator in ("", "12345", '\\"'):
        schema.write_text(
            f'separator = "{separator}"\n[columns]\nevent_time = "at"\nuser_id = "who"\n'
        )
        with pytest.raises(UsageError, match="separator"):
            read(tmp_path / "log.csv", "at,who", "2024-01-01,1", schema=str(schema))


def test_every_row_is_counted_without_the_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.csv"
    path.write_text("\n".join([HEADER, *rows(50)]) + "\n")
    from clustomer.events.sources.textual import separated as text

    def one_too_many(*arguments: object, **options: object) -> object:
        source = real(*arguments, **options)  # type: ignore[arg-type]
        source.counted = lambda: 51
        source.careful = None
        return source

    real = text.open_text
    monkeypatch.setattr("clustomer.events.sources.opening.open_text", one_too_many)
    with pytest.raises(InputError, match="has 51 rows, of which 50 were read: 1 too few"):
        read_events(path)


def test_an_expression_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    schema = tmp_path / "mine.toml"
    schema.write_text('not_products = "["\n[columns]\nevent_time = "at"\nuser_id = "who"\n')
    with pytest.raises(UsageError, match="`not_products` that does not compile"):
        read(tmp_path / "log.csv", "at,who", "2024-01-01,1", schema=str(schema))
