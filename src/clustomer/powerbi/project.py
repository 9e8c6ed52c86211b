"""The project that Power BI Desktop opens: its folder, written whole or not at all."""

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from clustomer.errors import OutputError
from clustomer.outputs.theme import INK, PAPER, SEGMENT_COLOURS
from clustomer.powerbi.measures import measures_for
from clustomer.powerbi.pages import Page, pages_for
from clustomer.powerbi.relationships import relationships_for
from clustomer.powerbi.star import star_of
from clustomer.powerbi.tmdl import model_files
from clustomer.powerbi.visuals import identity
from clustomer.unfinished import check_free, whole_folder
from clustomer.versions import StoredRun

NAME = "clustomer"
"""Of the project, its report and its model."""

_SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"
_DEFINITION = f"{_SCHEMAS}/item/report/definition"
_THEME = "clustomer_theme.json"


@dataclass(frozen=True)
class PowerBIProject:
    """What was written.

    Attributes
    ----------
    folder : str
    project : str
        The file to open.
    version : str
        The version of the results.
    data_folder : str
        Where the model looks for the Parquet files.
    tables : tuple of str
    measures : int
    pages : tuple of str
    left_out : tuple of str
        What these results have no table of, a sentence each.
    """

    folder: str
    project: str
    version: str
    data_folder: str
    tables: tuple[str, ...]
    measures: int
    pages: tuple[str, ...]
    left_out: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)


def write_powerbi(
    results: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    data_folder: str | None = None,
    overwrite: bool = False,
) -> PowerBIProject:
    """Write results as a project of Power BI: a star of Parquet files, its model and its pages.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    out : path
        The folder of the project; it is made anew, whole or not at all.
    data_folder : str, optional
        Where Power BI will find the Parquet files, such as `C:\\shop\\data`; without
        it, where they are written. The parameter `DataFolder` of the model has it.
    overwrite : bool, default False
        Replace what is there.

    Returns
    -------
    PowerBIProject

    Raises
    ------
    InputError
        If there are no results, or their files were changed since the run.
    OutputError
        If something is there, or the folder cannot be written.

    Examples
    --------
    >>> write_powerbi("no-such-folder", "powerbi")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    folder = Path(out)
    stored = StoredRun.open(results)
    _check_place(folder, overwrite)
    stored.check()
    made = stored.interpret()
    star = star_of(stored, made)
    tables, measures = star.by_name, measures_for(star.by_name)
    where = data_folder if data_folder is not None else str((folder / "data").absolute())
    version = stored.manifest.version
    pages = pages_for(tables, measures, opening=_opening(stored, made))
    files = {
        **_project_files(version),
        **_report_files(pages),
        **{
            f"{NAME}.SemanticModel/definition/{path}": text
            for path, text in model_files(
                star.tables,
                measures,
                relationships_for(tables),
                name=NAME,
                data_folder=where,
                currency=stored.manifest.settings.currency,
            ).items()
        },
    }
    with whole_folder(folder) as aside:
        for path, text in files.items():
            target = aside / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\r\n")
        (aside / "data").mkdir()
        for table in star.tables:
            # what Power Query reads in every release: no newer types, pages or compression
            pq.write_table(
                table.rows,
                aside / "data" / table.file,
                version="1.0",
                compression="snappy",
                store_schema=False,
            )
    return PowerBIProject(
        folder=str(folder),
        project=str(folder / f"{NAME}.pbip"),
        version=version,
        data_folder=where,
        tables=tuple(tables),
        measures=len(measures),
        pages=tuple(page.name for page in pages),
        left_out=star.left_out,
    )


def _check_place(folder: Path, overwrite: bool) -> None:
    """Refuse to replace what is there, unless it may be: a project of ours, or an empty folder."""
    if not os.path.lexists(folder):
        return
    if folder.is_dir() and not any(folder.iterdir()):
        return
    check_free(folder, overwrite)
    if not (folder / f"{NAME}.pbip").is_file():
        raise OutputError(
            f"{folder} is no project that `clustomer powerbi` wrote: it has no {NAME}.pbip. "
            "Name another folder with --out."
        )


def _opening(stored: StoredRun, made: Any) -> str:
    """Return what stands on top of the first page: what was found, and what holds it back."""
    texts = [made.insights.warning, *made.insights.opening[:1]]
    shown = " ".join(made.facts.render(text) for text in texts if text)
    title = made.insights.title or "Customer segments"
    return f"{title}. {shown} Version {stored.manifest.version}."


def _project_files(version: str) -> dict[str, str]:
    """Return what is not in a `definition` folder."""
    return {
        f"{NAME}.pbip": _json(
            {
                "$schema": f"{_SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json",
                "version": "1.0",
                "artifacts": [{"report": {"path": f"{NAME}.Report"}}],
                "settings": {"enableAutoRecovery": True},
            }
        ),
        f"{NAME}.Report/.platform": _platform("Report", version),
        f"{NAME}.Report/definition.pbir": _json(
            {
                "$schema": f"{_SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json",
                "version": "4.0",
                "datasetReference": {"byPath": {"path": f"../{NAME}.SemanticModel"}},
            }
        ),
        f"{NAME}.SemanticModel/.platform": _platform("SemanticModel", version),
        f"{NAME}.SemanticModel/definition.pbism": _json(
            {
                "$schema": f"{_SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json",
                "version": "4.2",
                "settings": {},
            }
        ),
    }


def _report_files(pages: tuple[Page, ...]) -> dict[str, str]:
    names = {page.name: identity(page.name) for page in pages}
    root = f"{NAME}.Report/definition"
    theme = {
        "name": _THEME,
        "reportVersionAtImport": {"visual": "2.4.0", "report": "3.0.0", "page": "2.0.0"},
        "type": "RegisteredResources",
    }
    resource = {"name": _THEME, "path": _THEME, "type": "CustomTheme"}
    files = {
        f"{root}/version.json": _json(
            {"$schema": f"{_DEFINITION}/versionMetadata/1.0.0/schema.json", "version": "2.0.0"}
        ),
        f"{root}/report.json": _json(
            {
                "$schema": f"{_DEFINITION}/report/3.0.0/schema.json",
                "themeCollection": {"customTheme": theme},
                "resourcePackages": [
                    {
                        "name": "RegisteredResources",
                        "type": "RegisteredResources",
                        "items": [resource],
                    }
                ],
                "settings": {"useEnhancedTooltips": True},
            }
        ),
        f"{NAME}.Report/StaticResources/RegisteredResources/{_THEME}": _json(
            {
                "name": _THEME,
                "dataColors": list(SEGMENT_COLOURS),
                "background": PAPER,
                "foreground": INK,
                "tableAccent": SEGMENT_COLOURS[0],
            }
        ),
        f"{root}/pages/pages.json": _json(
            {
                "$schema": f"{_DEFINITION}/pagesMetadata/1.0.0/schema.json",
                "pageOrder": list(names.values()),
                "activePageName": next(iter(names.values())),
            }
        ),
    }
    for page in pages:
        place = f"{root}/pages/{names[page.name]}"
        files[f"{place}/page.json"] = _json(
            {
                "$schema": f"{_DEFINITION}/page/2.0.0/schema.json",
                "name": names[page.name],
                "displayName": page.name,
                "displayOption": "FitToPage",
                "height": 720,
                "width": 1280,
            }
        )
        for order, visual in enumerate(page.visuals, 1):
            content = visual.to_json(page.name, order)
            files[f"{place}/visuals/{content['name']}/visual.json"] = _json(content)
    return files


def _platform(kind: str, version: str) -> str:
    """Return the file without which Desktop does not know what a folder is."""
    return _json(
        {
            "$schema": f"{_SCHEMAS}/gitIntegration/platformProperties/2.0.0/schema.json",
            "metadata": {"type": kind, "displayName": NAME},
            "config": {
                "version": "2.0",
                "logicalId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAME}/{version}/{kind}")),
            },
        }
    )


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
