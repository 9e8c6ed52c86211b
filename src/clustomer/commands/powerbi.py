"""`clustomer powerbi`: results as a project of Power BI."""

from pathlib import Path
from typing import Annotated

import typer

from clustomer.commands.messages import print_json, progress_for, say
from clustomer.commands.options import Json, Overwrite, Quiet, ResultsFolder


def powerbi(
    results: ResultsFolder,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="The folder of the project.", show_default=False),
    ],
    data_folder: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Where Power BI will find the Parquet files, such as C:\\shop\\powerbi\\data.",
            show_default="DIR/data",
        ),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write a Power BI project: a star of Parquet files, a model with measures, finished pages.

    Open clustomer.pbip in Power BI Desktop, and refresh.
    """
    from clustomer.powerbi import write_powerbi

    with progress_for(quiet).stage("Write the Power BI project"):
        project = write_powerbi(results, out, data_folder=data_folder, overwrite=overwrite)
    if as_json:
        print_json(project.to_json())
    elif not quiet:
        say(f"Tables       {', '.join(project.tables)}")
        say(f"Pages        {', '.join(project.pages)}, with {project.measures} measures")
        for sentence in project.left_out:
            say(f"             {sentence}")
        say(f"Data         {project.data_folder} (the parameter DataFolder of the model)")
        say(f"Open         {project.project}")
