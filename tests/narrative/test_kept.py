"""A narrative that is kept: what is stored, what verify finds in it, and what a new name does."""

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from clustomer.agents import Answers
from clustomer.cli import app
from clustomer.commands.exit_codes import ALARM
from clustomer.dashboard import prepared
from clustomer.errors import InputError, UsageError
from clustomer.insights import Interpretation
from clustomer.insights.facts import escape
from clustomer.narrative import Catalogue, Narrative, catalogue_of, kept_narrative, narrate
from clustomer.narrative.kept import (
    byline,
    carried_narrative,
    narrative_document,
    narrative_markdown,
    passages,
)
from clustomer.narrative.narrate import narrative_of, read_answer
from clustomer.proofs import reports
from clustomer.versions import StoredRun

STATED: dict[str, Any] = {
    "summary": [
        {"text": "Begin with {S3}: they bring {S3.revenue_share} from {S3.share}."},
        {"text": "{S3} are {claim:1}.", "claims": [{"is": "highest", "fact": "S3.revenue"}]},
    ],
    "segments": {"S3": [{"text": "They bring {S3.revenue}."}]},
    "campaigns": {"S3": [{"text": "Thank you for your order!"}]},
}
OTHER = "Our <b>|{{best}"


def written(catalogue: Catalogue, stated: dict[str, Any] = STATED) -> Narrative:
    """Return what a model is taken to have written."""
    answer, parts, problems = read_answer(json.dumps(stated), catalogue)
    assert answer is not None
    assert problems == ()
    return narrative_of(catalogue, parts, answer, "small 2", "analyst")


def named(catalogue: Catalogue, name: str) -> Catalogue:
    """Return the catalogue as it is after S3 got another name."""
    old, new = escape(catalogue.segments["S3"]), escape(name)
    return replace(
        catalogue,
        segments={**catalogue.segments, "S3": name},
        opening=tuple(text.replace(old, new) for text in catalogue.opening),
    )


def stored_again(document: dict[str, Any]) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(json.dumps(document))
    return stored


def test_what_is_stored_gives_the_same_narrative(catalogue: Catalogue) -> None:
    for narrative in (written(catalogue), narrate(catalogue)):
        document = stored_again(narrative_document(narrative))
        again = kept_narrative(document, catalogue)
        assert narrative_document(again) == narrative_document(narrative)
        assert narrative_markdown(again) == narrative_markdown(narrative)
    facts = narrative_document(written(catalogue))["facts"]
    assert {"S3.revenue", "S3.revenue_share", "S3.share", "S2.revenue"} <= set(facts)
    assert set(facts) <= set(catalogue.facts)


def test_what_a_model_leaves_out_is_the_programs_own_text_and_marked(catalogue: Catalogue) -> None:
    narrative = written(catalogue)
    assert narrative.built_in == ("segments/S2", "segments/S1", "campaigns/S2", "campaigns/S1")
    assert narrative.parts.segments["S1"] == catalogue.portraits["S1"]
    titles = [passage.title for passage in passages(narrative)]
    s3, s1 = catalogue.segments["S3"], catalogue.segments["S1"]
    assert titles[0] == ""
    assert {s3, f"{s3}: A draft to them"} <= set(titles)
    mark = " (clustomer's own text)"
    assert {f"{s1}{mark}", f"{s1}: What to do{mark}"} <= set(titles)
    assert byline(narrative) == (
        "Written by small 2 for a data analyst, who wants the figures and their limits. What small "
        "2 left out is clustomer's own text, and marked so."
    )
    assert byline(narrate(catalogue)) == "Written by clustomer."


@pytest.mark.parametrize(
    "change",
    [
        {"answer": None},
        {"outcome": "refused"},
        {"author": "another"},
        {"reader": "everybody"},
        {"answer": {**STATED, "summary": [{"text": "{S1} bring {S3.revenue_share}."}]}},
        {"answer": {**STATED, "summary": [{"text": "They doubled."}]}},
        {"answer": {**STATED, "segments": {"S7": []}}},
        {"summary": 7},
    ],
)
def test_what_the_results_do_not_bear_out_is_no_narrative(
    catalogue: Catalogue, change: dict[str, Any]
) -> None:
    document = {**stored_again(narrative_document(written(catalogue))), **change}
    with pytest.raises(InputError, match="is not borne out"):
        kept_narrative(document, catalogue)


def test_a_new_name_is_put_in_or_the_narrative_dropped(catalogue: Catalogue) -> None:
    def before() -> Catalogue:
        return catalogue

    document = narrative_document(written(catalogue))
    after = carried_narrative(document, named(catalogue, OTHER), before)
    assert after is not None
    assert after.rendered(after.parts.summary)[0].startswith(f"Begin with {OTHER}: they bring 71.6")
    assert narrative_document(after)["answer"] == document["answer"]
    # a draft that thanks would now name the segment
    assert carried_narrative(document, named(catalogue, "Thank you"), before) is None
    # what was quoted is quoted as it is said now
    [quote] = [text for text in catalogue.opening if escape(catalogue.segments["S3"]) in text][:1]
    quoting = {**STATED, "summary": [{"text": quote}]}
    document = narrative_document(written(catalogue, quoting))
    after = carried_narrative(document, named(catalogue, OTHER), before)
    assert after is not None
    assert OTHER in after.rendered(after.parts.summary)[0]
    # with the same names nothing is put in place of a text that is no longer said
    silent = replace(catalogue, opening=("Something else.",))
    assert carried_narrative(document, silent, before) is None


@pytest.fixture(scope="module")
def kept(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results in which a narrative was kept that a server wrote."""
    root = tmp_path_factory.mktemp("kept") / "out"
    shutil.copytree(results, root, symlinks=True)
    with HTTPServer() as server:
        content = {"choices": [{"message": {"content": json.dumps(STATED)}}]}
        server.expect_request("/v1/chat/completions").respond_with_json(content)
        options = ["--llm", server.url_for("/v1"), "--model", "small 2", "--reader", "analyst"]
        done = CliRunner().invoke(app, ["insights", str(root), *options, "--save", "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert Path(document["results"]).name == document["version"]
    assert StoredRun.open(root).manifest.version == document["version"]
    assert document["segments"]["S3"][0]["text"] == "They bring EUR 49,053 of revenue."
    return root


@pytest.fixture(scope="module")
def made(kept: Path) -> Interpretation:
    stored = StoredRun.open(kept)
    return stored.interpret(stored.given_names)


def test_a_new_version_holds_it_and_nothing_else_is_other(
    kept: Path, results: Path, made: Interpretation
) -> None:
    stored, before = StoredRun.open(kept), StoredRun.open(results)
    added = {"narrative.json", "reports/narrative.md"}
    assert {
        name
        for name, digest in stored.manifest.files.items()
        if before.manifest.files.get(name) != digest
    } == added
    assert stored.manifest.narrative == {
        "author": "small 2",
        "reader": "analyst",
        "model": "small 2",
        "outcome": "taken",
    }
    for name in added:
        assert "127.0.0.1" not in stored.file(name).read_text("utf-8")
    assert list(reports._differing_narrative(stored, made)) == []


def places(root: Path, made: Interpretation) -> list[str]:
    return [part.place for part in reports._differing_narrative(StoredRun.open(root), made)]


@pytest.mark.parametrize("name", ["reports/narrative.md", "narrative.json"])
def test_each_digit_is_caught(kept: Path, made: Interpretation, tmp_path: Path, name: str) -> None:
    shutil.copytree(kept, tmp_path / "out", symlinks=True)
    path = tmp_path / "out" / "latest" / name
    text = path.read_text("utf-8")
    digits = [match.start() for match in re.finditer(r"\d", text)]
    assert len(digits) > 50
    unreadable = 0
    for at in digits:
        path.write_text(f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}", "utf-8")
        try:
            changed = places(tmp_path / "out", made)
        except InputError:
            unreadable += 1  # another schema version
            continue
        assert changed, text[at - 20 : at + 20]
    assert unreadable == (1 if name == "narrative.json" else 0)


def test_verify_names_the_fact_though_hashes_were_made_again(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept, tmp_path / "out", symlinks=True)
    path = tmp_path / "out" / "latest" / "reports" / "narrative.md"
    content = path.read_text("utf-8").replace("71.6 % of all revenue", "91.6 % of all revenue")
    path.write_text(content, encoding="utf-8")
    manifest = tmp_path / "out" / "latest" / "run.json"
    document = json.loads(manifest.read_bytes())
    document["files"]["reports/narrative.md"] = hashlib.sha256(content.encode()).hexdigest()
    manifest.write_text(json.dumps(document), encoding="utf-8")
    done = CliRunner().invoke(app, ["verify", str(tmp_path / "out"), "--json", "--quiet"])
    assert done.exit_code == ALARM
    [difference] = json.loads(done.stdout)["differences"]
    assert difference == {
        "kind": "report",
        "place": "reports/narrative.md: line 5, S3.revenue_share",
        "stated": "91.6 %",
        "recomputed": "71.6 %",
    }


def test_of_a_narrative_by_another_version_the_numbers_are_compared(
    kept: Path, made: Interpretation, tmp_path: Path
) -> None:
    shutil.copytree(kept, tmp_path / "out", symlinks=True)
    root = tmp_path / "out"
    path = root / "latest" / "reports" / "narrative.md"
    text = path.read_text("utf-8")
    assert list(reports._unlike_narrative(StoredRun.open(root), made.facts)) == []
    for old, new in (("71.6 %", "71.7 %"), ("## ", "## 7 "), ("Written by", "Revenue was 9,")):
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        assert list(reports._unlike_narrative(StoredRun.open(root), made.facts)), old
    (root / "latest" / "narrative.json").write_text('{"schema_version": 1}', encoding="utf-8")
    with pytest.raises(InputError, match="is not borne out"):
        list(reports._unlike_narrative(StoredRun.open(root), made.facts))


def test_agents_and_the_dashboard_show_it(
    kept: Path, made: Interpretation, results: Path, tmp_path: Path
) -> None:
    stored = StoredRun.open(kept)
    told_to_agents = Answers(stored).narrative()
    assert told_to_agents["byline"].startswith("Written by small 2 for a data analyst")
    [summary, *_] = told_to_agents["passages"]
    assert summary["statements"][0] == (
        "Begin with “Engaged shoppers, four orders or more”: they bring 71.6 % [S3.revenue_share] "
        "of all revenue from 5.3 % [S3.share] of all customers."
    )
    page = prepared._narrative(stored, catalogue_of(stored, made))
    assert page["byline"] == told_to_agents["byline"]
    assert page["narrative"][0][1][0].startswith(
        "Begin with “Engaged shoppers, four orders or more”: "
    )
    before = StoredRun.open(results)
    catalogue = catalogue_of(before)
    assert prepared._narrative(before, catalogue) == {"byline": "", "narrative": []}
    # one that is refused takes neither page nor server away
    shutil.copytree(kept, tmp_path / "out", symlinks=True)
    path = tmp_path / "out" / "latest" / "narrative.json"
    text = path.read_text("utf-8").replace("They bring {S3.revenue}.", "They doubled.")
    path.write_text(text, encoding="utf-8")
    changed = StoredRun.open(tmp_path / "out")
    page = prepared._narrative(changed, catalogue)
    assert "'doubled' states an amount" in page["byline"]
    assert page["narrative"] == []
    assert Answers(changed).narrative() == {"lacking": page["byline"]}
    assert "No narrative was kept" in Answers(before).narrative()["lacking"]


def test_a_new_name_in_the_results(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept, tmp_path / "out", symlinks=True)
    root = tmp_path / "out"
    done = CliRunner().invoke(app, ["rename", str(root), "S3", OTHER])
    assert done.exit_code == 0, done.output
    assert "narrative" not in done.output
    stored = StoredRun.open(root)
    text = stored.file("reports/narrative.md").read_text("utf-8").replace("\\", "")
    assert f"Begin with {OTHER}: they bring 71.6 % of all revenue" in text
    assert "Engaged shoppers" not in text
    interpretation = stored.interpret(stored.given_names)
    assert list(reports._differing_narrative(stored, interpretation)) == []
    done = CliRunner().invoke(app, ["rename", str(root), "S3", "Thank you"])
    assert "The narrative that was kept is not in this version" in done.output
    stored = StoredRun.open(root)
    assert stored.narrative is None
    assert stored.manifest.narrative is None
    assert "reports/narrative.md" not in stored.manifest.files


def test_what_goes_with_keeping_it(results: Path) -> None:
    for other in (["--ask", "Who?"], ["--dry-run"], ["--check", "x.txt"]):
        done = CliRunner().invoke(app, ["insights", str(results), "--save", *other])
        assert isinstance(done.exception, UsageError)
        assert "--save keeps a narrative of everything" in str(done.exception)
