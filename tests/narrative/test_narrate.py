"""The narrative: by the program, by servers that answer well, and by those that do not."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from answers import LIES
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner
from werkzeug import Request, Response

from clustomer.cli import app
from clustomer.errors import UsageError
from clustomer.insights.facts import Facts
from clustomer.narrative import Catalogue, Server, narrate, request_of
from clustomer.narrative.narrate import read_answer

HONEST = {
    "summary": [
        {"text": "Begin with {S3}: they bring {S3.revenue_share} from {S3.share}."},
        {"text": "{S3} are {claim:1}.", "claims": [{"is": "highest", "fact": "S3.revenue"}]},
    ],
    "segments": {"S3": [{"text": "They bring {S3.revenue}."}]},
    "campaigns": {"S3": [{"text": "Thank you for your order!"}]},
}


def completion(content: str) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": content}}]}


@pytest.fixture
def server(httpserver: HTTPServer) -> Iterator[HTTPServer]:
    yield httpserver
    httpserver.clear()


def asked(httpserver: HTTPServer, *answers: str) -> list[dict[str, Any]]:
    """Let the server give these answers, one after the other; return what it was sent."""
    sent: list[dict[str, Any]] = []

    def handler(request: Request) -> Response:
        sent.append(request.get_json())
        answer = answers[min(len(sent), len(answers)) - 1]
        return Response(json.dumps(completion(answer)), content_type="application/json")

    httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_handler(handler)
    return sent


def test_without_a_model_it_is_the_reports_own_text(catalogue: Catalogue) -> None:
    narrative = narrate(catalogue)
    assert narrative.author == "clustomer"
    assert narrative.parts.summary == catalogue.opening
    assert list(narrative.parts.segments) == list(catalogue.segments)
    for texts in (narrative.parts.summary, *narrative.parts.segments.values()):
        assert not any("{" in text for text in narrative.rendered(texts))


def test_an_honest_answer_is_taken(server: HTTPServer, catalogue: Catalogue) -> None:
    sent = asked(server, f"```json\n{json.dumps(HONEST)}\n```")
    narrative = narrate(catalogue, server=Server(server.url_for("/v1")), model="small")
    assert (narrative.author, narrative.notes, narrative.refused) == ("small", (), ())
    assert narrative.rendered(narrative.parts.summary)[0] == (
        "Begin with “Engaged shoppers, four orders or more”: they bring 71.6 % of all revenue "
        "from 5.3 % of all customers."
    )
    assert sent == [request_of(catalogue, "small")]


def test_a_lie_is_asked_again_with_the_reason_and_then_refused(
    server: HTTPServer, catalogue: Catalogue
) -> None:
    lie = {"summary": [{"text": "{S3} doubled the revenue."}]}
    sent = asked(server, json.dumps(lie), json.dumps(HONEST))
    narrative = narrate(catalogue, server=Server(server.url_for("/v1")), model="small")
    assert narrative.author == "small"
    assert len(sent) == 2
    assert "'doubled' states an amount" in sent[1]["messages"][-1]["content"]
    server.clear()
    sent = asked(server, json.dumps(lie))
    narrative = narrate(catalogue, server=Server(server.url_for("/v1")), model="small")
    assert len(sent) == 2
    assert narrative.author == "clustomer"
    assert narrative.parts.summary == catalogue.opening
    assert "What small wrote was refused 2 times: 1 of its sentences" in narrative.notes[0]
    assert [problem.sentence for problem in narrative.refused] == ["{S3} doubled the revenue."]


def test_what_is_no_answer_and_what_is_said_twice(server: HTTPServer, catalogue: Catalogue) -> None:
    asked(server, '{"summary": [{"text": "They')
    narrative = narrate(catalogue, server=Server(server.url_for("/v1")), model="small")
    assert "refused 2 times: it was not of the form that was asked for." in narrative.notes[0]
    assert (narrative.outcome, narrative.author) == ("refused", "clustomer")
    server.clear()
    sent = asked(server, json.dumps({"summary": [{"text": "They doubled."}] * 5}))
    narrative = narrate(catalogue, server=Server(server.url_for("/v1")), model="small")
    assert "refused 2 times: 1 of its sentences" in narrative.notes[0]
    assert sent[1]["messages"][-1]["content"].count("They doubled.") == 1


def test_the_schema_names_the_segments_and_the_length_grows_with_them(
    catalogue: Catalogue,
) -> None:
    request = request_of(catalogue, "small")
    schema = request["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]["segments"]["properties"]) == ["S3", "S2", "S1"]
    assert schema["required"] == ["summary", "segments", "campaigns"]
    assert request["max_tokens"] == 1000 + 3 * 500
    request = request_of(catalogue, "small", question="Who?")
    assert list(request["response_format"]["json_schema"]["schema"]["properties"]) == ["answer"]
    assert request["max_tokens"] == 800
    # two questions begin alike, up to the data's end
    other = request_of(catalogue, "small", question="Why?")
    [one, two] = [part["messages"][1]["content"] for part in (request, other)]
    assert one.partition("</data>")[0] == two.partition("</data>")[0]


def test_one_lie_among_honest_sentences_refuses_the_whole(catalogue: Catalogue) -> None:
    for about, sentence in LIES:
        stated = {
            "text": sentence.text,
            "claims": [claim.model_dump(by_alias=True) for claim in sentence.claims],
        }
        answer: dict[str, Any] = json.loads(json.dumps(HONEST))
        if about == "campaign":
            answer["campaigns"]["S1"] = [stated]
        elif about == "everyone":
            answer["summary"].append(stated)
        else:
            answer["segments"].setdefault(about, []).append(stated)
        assert read_answer(json.dumps(answer), catalogue)[2], sentence.text
    assert read_answer(json.dumps(HONEST), catalogue)[2] == ()
    assert read_answer(json.dumps({**HONEST, "segments": {"S8": []}}), catalogue)[2]
    assert read_answer("I am a model", catalogue)[2]
    assert read_answer("{}", catalogue)[2]


def _slowly(request: Request) -> Response:
    time.sleep(1.0)
    return Response("{}")


def _dripping(request: Request) -> Response:
    def drops() -> Iterator[bytes]:
        for _ in range(20):
            time.sleep(0.1)
            yield b" "

    return Response(drops(), content_type="application/json")


@pytest.mark.parametrize(
    ("respond", "reason"),
    [
        (lambda request: Response("gone", status=500), "status 500: gone"),
        (lambda request: Response("no", status=302, headers={"Location": "/"}), "status 302"),
        (lambda request: Response("<html>"), "no chat completion"),
        (lambda request: Response('{"choices": []}'), "no chat completion"),
        (lambda request: Response(json.dumps(completion(None))), "holds no text"),  # type: ignore[arg-type]
        (lambda request: Response(b"\xff" * 2_000_000), "more than 1,000,000 bytes"),
        (_slowly, "not answer within 0.5 seconds"),
        (_dripping, "not answer within 0.5 seconds"),
    ],
    ids=["fails", "elsewhere", "rubbish", "empty", "no text", "endless", "hangs", "drips"],
)
def test_a_server_that_fails_leaves_the_programs_own_text(
    server: HTTPServer, catalogue: Catalogue, respond: Callable[[Request], Response], reason: str
) -> None:
    server.expect_request("/v1/chat/completions").respond_with_handler(respond)
    narrative = narrate(catalogue, server=Server(server.url_for("/v1"), 0.5), model="small")
    assert narrative.author == "clustomer"
    assert narrative.parts.summary == catalogue.opening
    assert narrative.outcome == ("late" if "within" in reason else "none")
    assert reason in narrative.notes[0]


def test_nobody_there_and_no_address(catalogue: Catalogue) -> None:
    narrative = narrate(catalogue, server=Server("http://127.0.0.1:9/v1", 5), model="small")
    assert "gave no answer" in narrative.notes[0]
    with pytest.raises(UsageError, match="an address such as"):
        Server("localhost:11434")


def test_a_server_without_schemas_is_asked_without(
    server: HTTPServer, catalogue: Catalogue
) -> None:
    def handler(request: Request) -> Response:
        if "response_format" in request.get_json():
            return Response("unknown field", status=400)
        return Response(json.dumps(completion(json.dumps(HONEST))))

    server.expect_request("/v1/chat/completions").respond_with_handler(handler)
    assert narrate(catalogue, server=Server(server.url_for("/v1")), model="s").author == "s"


def test_the_key_goes_to_the_server_that_was_named_alone(
    server: HTTPServer, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str | None] = []

    def handler(request: Request) -> Response:
        keys.append(request.headers.get("Authorization"))
        return Response(json.dumps(completion(json.dumps(HONEST))))

    server.expect_request("/v1/chat/completions").respond_with_handler(handler)
    monkeypatch.setenv("OPENAI_API_KEY", "secret of another")
    narrate(catalogue, server=Server(server.url_for("/v1")), model="s")
    monkeypatch.setenv("CLUSTOMER_LLM_KEY", "secret")
    narrate(catalogue, server=Server(server.url_for("/v1")), model="s")
    assert keys == [None, "Bearer secret"]


def test_no_customer_leaves(results: Path, catalogue: Catalogue) -> None:
    segments = (results / "latest" / "segments.csv").read_text("utf-8").splitlines()[1:]
    ids = [line.split(",")[0] for line in segments]
    sent = json.dumps(request_of(catalogue, "small", question="Who is customer 7?"))
    assert len(ids) == 171
    assert not [customer for customer in ids if len(customer) > 4 and customer in sent]
    assert "user_id" not in sent


def test_a_question_is_answered_from_the_report_or_not_at_all(catalogue: Catalogue) -> None:
    def answer(question: str) -> list[str]:
        narrative = narrate(catalogue, question=question)
        return narrative.rendered(narrative.parts.answer)

    money = answer("Which segment should get the spring budget?")
    assert money[0].startswith(
        "Most comes back for its cost from \u201cEngaged shoppers, four orders or more\u201d: "
    )
    assert len(money) == 3 + 1
    assert any("ordered more than once" in text for text in answer("Who ordered more than once?"))
    assert answer("What is the weather in Paris?") == []


def test_a_budget_is_not_sent_where_it_would_not_come_back(catalogue: Catalogue) -> None:
    dear = Facts(
        replace(fact, value=1e9) if key.endswith(".contact") else fact
        for key, fact in catalogue.facts.items()
    )
    narrative = narrate(
        replace(catalogue, facts=dear), question="Which segment should get the budget?"
    )
    *ranked, _ = narrative.rendered(narrative.parts.answer)
    assert len(ranked) == 3
    assert all(text.startswith("Less than its cost would come back from") for text in ranked)


def test_the_command(results: Path, server: HTTPServer, tmp_path: Path) -> None:
    call = CliRunner().invoke
    done = call(app, ["insights", str(results)])
    assert done.exit_code == 0
    assert "171 customers placed 184 orders" in " ".join(done.stdout.split())
    dry = call(app, ["insights", str(results), "--dry-run", "--model", "m", "--ask", "Who?"])
    assert json.loads(dry.stdout)["messages"][1]["content"].count("<data>") == 2
    asked(server, json.dumps(HONEST))
    out = tmp_path / "narrative.md"
    options = ["--llm", server.url_for("/v1"), "--model", "small", "--out", str(out), "--json"]
    done = call(app, ["insights", str(results), *options])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["author"] == "small"
    assert document["segments"]["S3"][0]["text"] == "They bring EUR 49,053 of revenue."
    assert document["segments"]["S3"][0]["from"] == "They bring {S3.revenue} of revenue."
    written = out.read_text("utf-8")
    assert "Written by small for the owner of the shop" in written
    assert "They bring EUR 49,053 of revenue." in written
    again = call(app, ["insights", str(results), *options])
    assert "is there already" in str(again.exception)
    wrong = call(app, ["insights", str(results), "--llm", "http://x/v1"])
    assert isinstance(wrong.exception, UsageError)
    wrong = call(app, ["insights", str(results), "--reader", "owners"])
    assert "Did you mean `owner`" in str(wrong.exception)
