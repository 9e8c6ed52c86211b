import re
from html import unescape

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from clustomer.outputs.markdown import escape_markdown

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


def plain(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", " ", text).split())


@given(st.text(alphabet=st.sampled_from("ab1.)#+-=*_`~<>[]()!|\\&;:/@$ \n\t\"'lt"), max_size=30))
@example("[a](javascript:x)")
@example("![a](x)")
@example("<https://example.org>")
@example("&lt;b&gt;")
@example("1) x")
@example("a_b_")
@example("a__b")
@example("_a_b_ __a__")
@example("***")
@example("---")
@example("    code")
@example("\\*a\\*")
def test_a_text_is_shown_as_it_is(text):
    escaped = escape_markdown(text)
    assert "\n" not in escaped
    if not plain(text):
        assert escaped == ""
        return
    paragraph = MARKDOWN.render(f"before\n\n{escaped}\n\nafter")
    assert re.sub(r"<p>|</p>\n", "", paragraph).count("<") == 0
    assert shown(paragraph) == f"before\n{plain(text)}\nafter"
    item = MARKDOWN.render(f"- {escaped}")
    assert shown(item) == plain(text)
    assert item.count("<") == 4
    cell = MARKDOWN.render(f"| a | b |\n|---|---|\n| {escaped} | c |")
    assert cell.count("<td>") == 2
    assert re.findall(r"<td>(.*)</td>", cell)[1] == "c"
    assert unescape(re.findall(r"<td>(.*)</td>", cell)[0]) == plain(text)


def test_bare_links_are_broken_up():
    assert "//" not in escape_markdown("see https://example.org").replace("\\/\\/", "")
    assert "www." not in escape_markdown("www.example.org")


def test_names_of_columns_stay_readable():
    assert escape_markdown("user_id of online_retail.parquet") == "user_id of online_retail.parquet"
    assert escape_markdown("_emphasis_") == "\\_emphasis\\_"


def test_ordinary_words_stay_readable():
    text = "1,932 customers, 8.1 % of all (EUR 482,114), were last seen 3.2 days before."
    assert escape_markdown(text) == text
