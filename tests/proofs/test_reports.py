"""Reports: any digit that is changed, anywhere in them, is found, with its place and its fact."""

import hashlib
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clustomer.cli import app
from clustomer.commands.exit_codes import ALARM
from clustomer.errors import InputError
from clustomer.outputs.figures import draw_figures
from clustomer.outputs.report import (
    HTML_NAME,
    MARKDOWN_NAME,
    SUMMARY_NAME,
    report_html,
    report_markdown,
)
from clustomer.pipeline import Settings, run
from clustomer.proofs import reports, verify
from clustomer.simulate import simulate
from clustomer.versions import StoredRun

DIGIT = re.compile(r"\d")
FIRST_SPAN = re.compile(r'<span data-fact="([^"]*)">(\d)')


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    simulate(folder / "shop.parquet", events=6_000, random_state=5)
    settings = Settings(
        k=3,
        k_range=(2, 3),
        certificates=False,
        keep_events=False,
        currency="EUR",
        facets=("value",),
        title="A shop of 1999",
        summary=True,
    )
    run(folder / "shop.parquet", folder / "out", settings=settings)
    return folder / "out"


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root, tmp_path / "out", symlinks=True)
    return tmp_path / "out"


def written_anew(copy: Path, name: str, content: bytes) -> None:
    """Change a file, and let the manifest say that it was always so."""
    (copy / "latest" / name).write_bytes(content)
    path = copy / "latest" / "run.json"
    manifest = json.loads(path.read_bytes())
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")


def other_digits(text: str, lines: slice = slice(None)) -> Iterator[tuple[int, str]]:
    """Give a text as often as it has digits, each time with another one at one place."""
    ends = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    wanted = range(*lines.indices(len(ends) - 1))
    for count in wanted:
        for match in DIGIT.finditer(text, ends[count], ends[count + 1]):
            at = match.start()
            yield at, f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"


def test_what_a_run_wrote_comes_out_again(root: Path) -> None:
    verification = verify(root)
    assert verification.differences == ()
    assert verification.reports == "again"
    call = CliRunner().invoke(app, ["verify", str(root)])
    assert call.exit_code == 0
    assert "facts and the reports written again are as stated." in " ".join(call.stdout.split())


def test_each_digit_of_both_reports_is_caught_and_numbers_bear_their_fact(root: Path) -> None:
    stored = StoredRun.open(root)
    made = stored.interpret(stored.given_names)
    figures = draw_figures(made, stored.segmentation)
    marked = report_markdown(
        made.insights,
        made.facts,
        figures,
        wrap=lambda fact, text: f"\ue000{fact}\ue001{text}\ue002",
    )
    markdown = report_markdown(made.insights, made.facts, figures)
    page = report_html(made.insights, made.facts, figures)
    places = {MARKDOWN_NAME: reports._places(marked), HTML_NAME: reports._spans(page)}
    facts = 0
    # of the page every twentieth line: it is long, with pictures in it
    for name, text, step in ((MARKDOWN_NAME, markdown, 1), (HTML_NAME, page, 20)):
        assert (root / "latest" / "reports" / name).read_text("utf-8") == text
        for count, (at, changed) in enumerate(other_digits(text, slice(0, None, step))):
            if count % 7:
                continue
            [difference] = reports._differing_lines(name, changed, text, places[name])
            line = text.count("\n", 0, at) + 1
            assert difference.place.startswith(f"{name}: line {line}")
            assert difference.stated != difference.recomputed
            fact = difference.place.partition(", ")[2]
            if fact:
                facts += 1
                assert fact in made.facts
    assert facts > 50


@pytest.mark.parametrize("name", [MARKDOWN_NAME, HTML_NAME, SUMMARY_NAME])
def test_a_changed_number_is_named_though_hashes_were_made_again(copy: Path, name: str) -> None:
    path = copy / "latest" / "reports" / name
    text = path.read_text("utf-8")
    customers = f"{json.loads((copy / 'latest' / 'run.json').read_bytes())['customers']:,}"
    at = text.index(customers)
    other = customers.replace(customers[0], str(int(customers[0]) + 1), 1)
    written_anew(
        copy, f"reports/{name}", (text[:at] + other + text[at + len(customers) :]).encode()
    )
    call = CliRunner().invoke(app, ["verify", str(copy), "--json", "--quiet"])
    assert call.exit_code == ALARM
    [difference] = json.loads(call.stdout)["differences"]
    assert difference["kind"] == "report"
    assert re.fullmatch(rf"reports/{name}: line \d+, everyone\.customers", difference["place"])
    assert difference["stated"].startswith(other)
    assert difference["recomputed"].startswith(customers)


def test_a_changed_word_a_line_too_many_and_a_digit_in_a_picture_are_named(copy: Path) -> None:
    path = copy / "latest" / "reports" / HTML_NAME
    text = path.read_text("utf-8")
    drawn = re.search(r"<text[^>]*>(\d)", text)
    assert drawn is not None
    written_anew(
        copy,
        f"reports/{HTML_NAME}",
        f"{text[: drawn.start(1)]}{(int(drawn[1]) + 1) % 10}{text[drawn.end(1) :]}".encode(),
    )
    markdown = (copy / "latest" / "reports" / MARKDOWN_NAME).read_text("utf-8")
    written_anew(copy, f"reports/{MARKDOWN_NAME}", f"{markdown}Revenue doubled.\n".encode())
    places = {difference.place: difference for difference in verify(copy).differences}
    line = text.count("\n", 0, drawn.start(1)) + 1
    assert set(places) == {
        f"reports/{HTML_NAME}: line {line}",
        f"reports/{MARKDOWN_NAME}: line {markdown.count(chr(10)) + 1}",
    }
    assert "Revenue doubled." in {difference.stated for difference in places.values()}


def test_another_picture_is_named(copy: Path) -> None:
    folder = copy / "latest" / "reports" / "figures"
    one, other = sorted(folder.iterdir())[:2]
    written_anew(copy, f"reports/figures/{one.name}", other.read_bytes())
    [difference] = verify(copy).differences
    assert (difference.kind, difference.place) == ("report", f"reports/figures/{one.name}")


def test_of_reports_by_other_versions_the_numbers_are_compared(copy: Path) -> None:
    path = copy / "latest" / "run.json"
    manifest = json.loads(path.read_bytes())
    manifest["packages"]["clustomer"] = "0.0.1"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    verification = verify(copy)
    assert verification.differences == ()
    assert (verification.reports, verification.writers) == ("numbers", {"clustomer": "0.0.1"})
    call = CliRunner().invoke(app, ["verify", str(copy)])
    assert "were written with clustomer 0.0.1" in " ".join(call.stdout.split())
    name = f"reports/{HTML_NAME}"
    text = (copy / "latest" / name).read_text("utf-8")
    number = FIRST_SPAN.search(text)
    assert number is not None
    at = number.start(2)
    written_anew(copy, name, f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}".encode())
    [difference] = verify(copy).differences
    assert difference.place.endswith(f", {number[1]}")


def test_reports_are_not_compared_where_their_tables_do_not_hold(copy: Path) -> None:
    (copy / "latest" / "segments.csv").write_text("user_id\n", encoding="utf-8")
    verification = verify(copy)
    assert [difference.kind for difference in verification.differences] == ["file"]
    assert verification.reports == "not"


def test_the_pages_of_a_version_are_printed(
    root: Path, copy: Path, tmp_path: Path, lacking
) -> None:
    try:
        import weasyprint  # noqa: F401
    except OSError:
        lacking("Pango is not installed")
    call = CliRunner().invoke
    out = tmp_path / "report.pdf"
    counts, texts = [], []
    for options in ([], ["--one-page", "--overwrite"]):
        done = call(app, ["pdf", str(root), "--out", str(out), "--json", *options])
        assert done.exit_code == 0, done.output
        content = out.read_bytes()
        assert json.loads(done.stdout) == {
            "version": StoredRun.open(root).manifest.version,
            "out": str(out),
            "bytes": len(content),
        }
        objects = b"".join(
            zlib.decompress(stream)
            for stream in re.findall(rb"/ObjStm.*?stream\r?\n(.*?)\r?\nendstream", content, re.S)
        )
        counts.append(len(re.findall(rb"/Type /Page\b", content + objects)))
        texts.append(content + objects)
    assert counts[0] > 3
    assert counts[1] == 1
    assert all(b"A shop of 1999" in text for text in texts)
    # neither over another file, nor of a page that was changed
    again = call(app, ["pdf", str(root), "--out", str(out)])
    assert "is there already" in str(again.exception)
    path = copy / "latest" / "reports" / HTML_NAME
    path.write_text(path.read_text("utf-8").replace("171", "172"), encoding="utf-8")
    changed = call(app, ["pdf", str(copy), "--out", str(tmp_path / "other.pdf")])
    assert isinstance(changed.exception, InputError)
    assert f"were changed since the run: reports/{HTML_NAME}" in str(changed.exception)
    assert not (tmp_path / "other.pdf").exists()
