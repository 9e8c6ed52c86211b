"""Each page, run as Streamlit runs it, on a small shop."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from clustomer.dashboard.access import Access, write_access
from clustomer.dashboard.prepared import FILE
from clustomer.dashboard.serving import FOLDER
from clustomer.dashboard.views import PAGES

Open = Callable[..., AppTest]


def script(path: str) -> None:
    from clustomer.dashboard.reading import draw, let_in
    from clustomer.dashboard.shop import shop
    from clustomer.dashboard.views import PAGES

    if let_in(shop()):
        draw({place: show for place, _, show in PAGES}[path], shop())


@pytest.fixture
def page(opened: Path) -> Open:
    def open_page(path: str, **query: str | list[str]) -> AppTest:
        app = AppTest.from_function(script, args=(path,), default_timeout=30)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return open_page


@pytest.fixture(scope="module")
def rows(results: Path) -> list[dict]:
    return pq.read_table(results / "latest" / "segments.parquet").to_pylist()


@pytest.mark.parametrize("path", [place for place, _, _ in PAGES])
def test_every_page_opens_with_one_title_and_no_error(page: Open, path: str) -> None:
    app = page(path)
    assert len(app.title) == 1
    assert not app.error


def test_a_filter_leaves_the_customers_who_have_it(
    page: Open, rows: list[dict], hostile: str
) -> None:
    app = page("")
    assert app.sidebar.multiselect(key="by_country").options == sorted(
        {row["country"] for row in rows}
    )
    app.sidebar.multiselect(key="by_country").set_value([hostile]).run()
    number = sum(row["country"] == hostile for row in rows)
    assert f"{number:,} of {len(rows):,} customers" in [c.value for c in app.sidebar.caption]
    [table] = [frame.value for frame in app.dataframe]
    assert table["customers"].sum() == number
    shown = [caption.value for caption in app.main.caption]
    assert not [text for text in shown if "<img" in text.replace(r"\<", "")]
    assert not [text for text in shown if ":smile:" in text]


def test_a_link_opens_what_was_filtered(page: Open, rows: list[dict]) -> None:
    app = page("segments", by_country="Spain")
    number = sum(row["country"] == "Spain" for row in rows)
    assert app.sidebar.multiselect(key="by_country").value == ["Spain"]
    assert f"{number:,} of {len(rows):,} customers" in [c.value for c in app.sidebar.caption]


def test_the_table_of_a_segment_turns_its_pages(page: Open, rows: list[dict]) -> None:
    segment_id, _ = Counter(row["segment_id"] for row in rows).most_common(1)[0]
    app = page("segments")
    app.selectbox(key="segment").set_value(segment_id).run()
    theirs = sorted(
        (row for row in rows if row["segment_id"] == segment_id),
        key=lambda row: (-row["revenue"], row["user_id"]),
    )
    assert len(theirs) > 50
    [first] = [frame.value for frame in app.dataframe]
    assert first["user_id"].tolist() == [row["user_id"] for row in theirs[:50]]
    app.number_input(key="page").set_value(2).run()
    [second] = [frame.value for frame in app.dataframe]
    assert second["user_id"].tolist() == [row["user_id"] for row in theirs[50:100]]
    app.selectbox(key="sorted").set_value("user_id").run()
    app.toggle(key="largest").set_value(False).run()
    app.number_input(key="page").set_value(1).run()
    ids = sorted(row["user_id"] for row in theirs)
    assert app.dataframe[0].value["user_id"].tolist() == ids[:50]


def test_a_customer_is_shown_and_an_unknown_one_is_helped(page: Open, rows: list[dict]) -> None:
    row = rows[3]
    app = page("customer", customer=row["user_id"])
    assert row["segment"] in [header.value for header in app.subheader]
    assert f"{row['border_distance']:.2f}" in [metric.value for metric in app.metric]
    app.text_input(key="customer").set_value(row["user_id"][:-1] + "x").run()
    assert "There is no customer" in app.warning[0].value
    app.text_input(key="customer").set_value(row["user_id"][:4]).run()
    assert "Ids that begin so" in app.warning[0].value
    app.text_input(key="customer").set_value("").run()
    assert "Give the id" in app.info[0].value


def test_the_token_is_asked_for_before_anything_is_shown(
    prepared: Path, tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / FILE).write_text((prepared / FILE).read_text())
    write_access(tmp_path, Access("a long secret"))
    monkeypatch.setenv(FOLDER, str(tmp_path))
    app = AppTest.from_function(script, args=("",), default_timeout=30).run()
    assert not app.title
    assert not app.sidebar.multiselect
    app.text_input(key="token_given").set_value("a long guess")
    app.button[0].click().run()
    assert not app.title
    assert "not the token" in app.error[0].value
    app.text_input(key="token_given").set_value("a long secret")
    app.button[0].click().run()
    assert app.title
