"""Agents: fifty questions through a client; every number has a fact, and no customer leaves."""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from clustomer.agents import Answers, mcp_server
from clustomer.pipeline import Settings, run
from clustomer.simulate import simulate
from clustomer.versions import StoredRun

CITED = re.compile(r"\b(?:19|20)\d\d\b|doi|10\.\d{4}")
"""Citations are no facts."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("agents")
    simulate(folder / "shop.parquet", events=6_000, random_state=5)
    settings = Settings(
        k=3,
        k_range=(2, 3),
        certificates=False,
        keep_events=False,
        currency="EUR",
        facets=("value",),
    )
    run(folder / "shop.parquet", folder / "out", settings=settings)
    return folder / "out"


@pytest.fixture(scope="module")
def answers(results: Path) -> Answers:
    return Answers(StoredRun.open(results))


def asked(answers: Answers, *questions: tuple[str, dict[str, str]]) -> list[dict[str, Any]]:
    async def ask() -> list[dict[str, Any]]:
        async with Client(mcp_server(answers)) as client:
            replies = [await client.call_tool(name, given) for name, given in questions]
        assert not any(reply.is_error for reply in replies)
        return [reply.structured_content or {} for reply in replies]

    return asyncio.run(ask())


def questions(answers: Answers) -> Iterator[tuple[str, dict[str, str]]]:
    yield "overview", {}
    for segment_id, name in answers.catalogue.segments.items():
        yield "segment", {"segment_id": segment_id}
        yield "segment", {"segment_id": name.upper()}
        yield "recommendations", {"segment_id": segment_id}
    for chapter in answers.chapters():
        yield "chapter", {"name": chapter}
    for word in (
        "revenue",
        "S1 orders",
        "lifecycle due",
        "median S3",
        "everyone",
        "share",
        "S2 named",
    ):
        yield "search_facts", {"query": word}
    for fact_id in answers.catalogue.usable[::3]:
        yield "fact", {"fact_id": fact_id}


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key in ("statements", "actions", "title"):
            yield from texts_of(value.get(key, []))
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part)


def test_fifty_questions_have_no_number_without_a_fact_and_no_customer(
    answers: Answers, results: Path
) -> None:
    asking = list(questions(answers))
    assert len(asking) >= 50
    replies = asked(answers, *asking)
    numbers = 0
    for reply in replies:
        for text in texts_of(reply):
            for verdict in answers.check_claims(text):
                if re.search(r"\d", verdict["said"]) and not CITED.search(text):
                    assert verdict["verdict"] == "proven", (text, verdict)
                    numbers += 1
        for fact in reply.get("facts", []):
            [proof] = answers.check_claims(f"{fact['written']} [{fact['id']}]") or [{}]
            assert proof.get("verdict") in ("proven", None), fact
    assert numbers > 200
    ids = pq.read_table(results / "latest" / "segments.parquet")["user_id"].to_pylist()
    sent = json.dumps(replies)
    assert not [user_id for user_id in ids if len(user_id) > 4 and user_id in sent]


def test_what_the_results_do_not_hold_is_refused(answers: Answers) -> None:
    replies = asked(
        answers,
        ("segment", {"segment_id": "S9"}),
        ("search_facts", {"query": "weather"}),
        ("search_facts", {"query": ""}),
        ("fact", {"fact_id": "S1.profit"}),
        ("chapter", {"name": "weather"}),
        ("recommendations", {"segment_id": "S1"}),
        ("customer", {"user_id": "1"}),
    )
    assert all(list(reply) == ["lacking"] for reply in replies)
    assert "S1" in replies[0]["lacking"]
    assert "--allow-customers" in replies[-1]["lacking"]


def test_a_customer_is_shown_where_it_is_allowed(results: Path) -> None:
    allowed = Answers(StoredRun.open(results), allow_customers=True)
    row = pq.read_table(results / "latest" / "segments.parquet").to_pylist()[0]
    shown, missing = asked(
        allowed, ("customer", {"user_id": row["user_id"]}), ("customer", {"user_id": "no one"})
    )
    assert shown["segment"]["segment_id"] == row["segment_id"]
    assert shown["customer"]["user_id"] == row["user_id"]
    assert list(missing) == ["lacking"]


def test_claims_are_checked_through_the_client(answers: Answers) -> None:
    text = "They bring 71.6 % [S3.revenue_share], 72 % [S3.revenue_share], 71.6 %."
    [reply] = asked(answers, ("check_claims", {"text": text}))
    assert [part["verdict"] for part in reply["result"]] == ["proven", "false", "unknown"]


def test_every_tool_is_marked_as_reading_only(answers: Answers) -> None:
    async def tools() -> list[Any]:
        async with Client(mcp_server(answers)) as client:
            return list((await client.list_tools()).tools)

    for tool in asyncio.run(tools()):
        assert tool.annotations.read_only_hint is True
        assert tool.description


def test_the_command_speaks_on_standard_input_and_output(results: Path) -> None:
    async def ask() -> Any:
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "clustomer", "mcp", str(results)]
        )
        async with Client(command) as client:
            return await client.call_tool("overview", {})

    reply = asyncio.run(ask())
    assert [part["id"] for part in reply.structured_content["segments"]] == ["S3", "S2", "S1"]
