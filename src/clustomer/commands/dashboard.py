"""`clustomer dashboard`: results as pages in a browser."""

from typing import Annotated

import typer

from clustomer.commands.messages import say
from clustomer.commands.options import ResultsFolder


def dashboard(
    results: ResultsFolder,
    port: Annotated[
        int, typer.Option(metavar="N", min=1, max=65535, help="The port to listen on.")
    ] = 8501,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="The address to listen on; one that other machines reach needs --token.",
        ),
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            envvar="CLUSTOMER_DASHBOARD_TOKEN",
            help="What readers must give before they see anything.",
            show_default=False,
            show_envvar=False,
        ),
    ] = None,
    llm: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A server with OpenAI's chat completions, which may be asked questions; the key "
            "is taken from CLUSTOMER_LLM_KEY.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The model, by its name there.", show_default=False),
    ] = None,
) -> None:
    """Show results as pages in a browser: segments, customers, what to do, until Ctrl+C.

    Only this machine reaches them, unless --host and --token let others in. Nothing is changed,
    nothing is sent, and no customer leaves the files but those on the page.
    """
    from clustomer.dashboard import Access, serve

    code = serve(
        results,
        port=port,
        host=host,
        access=Access(token, llm, model),
        say=lambda text: say(text, err=True),
    )
    if code:
        raise typer.Exit(code)
