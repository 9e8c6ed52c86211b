"""`clustomer mcp`: results as tools for an agent."""

from typing import Annotated

import typer

from clustomer.commands.options import ResultsFolder


def mcp(
    results: ResultsFolder,
    allow_customers: Annotated[
        bool,
        typer.Option(
            "--allow-customers",
            help="Let single customers be looked up; else no customer is shown.",
        ),
    ] = False,
) -> None:
    """Serve results to an agent over the Model Context Protocol, on standard input and output.

    Read-only, and without a network of its own. Every number comes with the id of its fact, and
    `check_claims` tells of a text what is proven, false or unknown.
    """
    from clustomer.agents import Answers, mcp_server
    from clustomer.versions import StoredRun

    stored = StoredRun.open(results)
    stored.check()
    mcp_server(Answers(stored, allow_customers=allow_customers)).run("stdio")
