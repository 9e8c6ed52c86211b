"""The project: schemas, names that Desktop takes, and what is bound to what."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dax import Model
from jsonschema import Draft7Validator
from referencing import Registry, Resource

import check_powerbi
from clustomer.errors import OutputError
from clustomer.powerbi import PowerBIProject, write_powerbi
from clustomer.powerbi.tmdl import m_text

SCHEMAS = Path(__file__).parent / "schemas"
HOST = "https://developer.microsoft.com/json-schemas/"


@pytest.fixture(scope="module")
def folder(project: PowerBIProject) -> Path:
    return Path(project.folder)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry().with_resources(
        (
            HOST + path.relative_to(SCHEMAS).as_posix(),
            Resource.from_contents(json.loads(path.read_text(encoding="utf-8"))),
        )
        for path in SCHEMAS.rglob("*.json")
    )


def documents(folder: Path) -> dict[str, dict]:
    paths = [
        path
        for path in folder.rglob("*")
        if path.suffix in (".json", ".pbip", ".pbir", ".pbism") or path.name == ".platform"
    ]
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in paths
    }


def test_documents_follow_the_published_schemas(folder, registry) -> None:
    checked = 0
    for name, content in documents(folder).items():
        if name.endswith("clustomer_theme.json"):
            continue
        schema = registry.contents(content["$schema"])
        errors = list(Draft7Validator(schema, registry=registry).iter_errors(content))
        assert not errors, (name, errors[0].message)
        checked += 1
    assert checked > 25


def test_microsofts_program_finds_nothing(project, tmp_path) -> None:
    try:
        check_powerbi.install(check_powerbi.FOLDER)
    except (SystemExit, OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"Microsoft's program cannot be installed: {error}")
    assert check_powerbi.check(Path(project.project), check_powerbi.FOLDER) == []
    broken = tmp_path / "broken"
    shutil.copytree(project.folder, broken)
    [card] = [
        path
        for path in broken.rglob("visual.json")
        if '"cardVisual"' in path.read_text(encoding="utf-8")
    ]
    card.write_text(card.read_text(encoding="utf-8").replace('"Data"', '"Fields"'), "utf-8")
    faults = check_powerbi.check(broken / "clustomer.pbip", check_powerbi.FOLDER)
    assert any("PBIR_ROLE_UNKNOWN" in fault for fault in faults)


def test_visuals_show_what_the_model_has(folder) -> None:
    model = Model(folder)
    fields = []
    for name, content in documents(folder).items():
        if not name.endswith("visual.json"):
            continue
        place = content["position"]
        assert place["x"] + place["width"] <= 1280
        assert place["y"] + place["height"] <= 720
        fields += re.findall(
            r'"(Column|Measure)": {"Expression": {"SourceRef": {"Entity": "([^"]+)"}}, '
            r'"Property": "([^"]+)"',
            json.dumps(content, ensure_ascii=False),
        )
    assert len(fields) > 60
    for kind, table, name in fields:
        if kind == "Measure":
            assert table == "Key figures"
            assert name in model.measures
        else:
            assert name in model.sources[table]


def test_names_differ_by_more_than_case(folder) -> None:
    model = Model(folder)
    for table, sources in model.sources.items():
        assert len({name.casefold() for name in sources}) == len(sources), table
        assert len({source.casefold() for source in sources.values()}) == len(sources), table
        assert all(len(name) <= 100 and name == name.strip() for name in sources)
        assert all(re.fullmatch(r"\w+", s, re.ASCII) for s in sources.values())
    columns = {name.casefold() for sources in model.sources.values() for name in sources}
    # a measure of a column's name would be another thing in every formula
    assert not columns & {name.casefold() for name in model.measures}
    customers = set(model.sources["Customers"])
    assert {"Orders", "Orders (2)", "Stage", "STAGE (2)", "Café's [sum] #(lf)"} <= customers


def test_files_have_the_types_that_the_model_states(folder) -> None:
    types = {
        "string": pa.string(),
        "int64": pa.int64(),
        "double": pa.float64(),
        "dateTime": pa.date32(),
        "boolean": pa.bool_(),
    }
    for path in (folder / "clustomer.SemanticModel/definition/tables").glob("*.tmdl"):
        text = path.read_text(encoding="utf-8")
        stated = re.findall(r"dataType: (\w+)$.+?sourceColumn: (\S+)$", text, re.M | re.S)
        file = folder / "data" / f"{path.stem.lower().replace(' ', '_')}.parquet"
        if path.stem == "Key figures":
            continue
        schema = pq.read_schema(file)
        assert {source: types[kind] for kind, source in stated} == dict(
            zip(schema.names, schema.types, strict=True)
        )
        about = pq.ParquetFile(file).metadata
        assert about.row_group(0).column(0).compression == "SNAPPY"
        assert about.metadata is None


def test_every_property_stands_once(folder) -> None:
    """A property that stands twice, or a line that no tool knows, keeps Desktop from opening."""
    lines_of_tmdl = re.compile(
        r"(///|table |column |measure |partition |relationship |expression |database |model |"
        r"ref table |annotation |dataType: |isHidden$|isKey$|isActive: |formatString: |"
        r"displayFolder: |dataCategory: |summarizeBy: |sourceColumn: |sortByColumn: |mode: import|"
        r"source =|let$|in$|Source|Typed|culture: |sourceQueryCulture: |compatibilityLevel: |"
        r"defaultPowerBIDataSourceVersion: |fromColumn: |toColumn: )"
    )
    for path in (folder / "clustomer.SemanticModel/definition").rglob("*.tmdl"):
        text = path.read_bytes().decode("utf-8")
        assert not text.startswith("\ufeff")
        assert "\r\n" in text
        assert "\n" not in text.replace("\r\n", "")
        seen: set[str] = set()
        for line in text.split("\r\n"):
            stripped = line.lstrip("\t")
            if not stripped:
                seen = set()
                continue
            assert lines_of_tmdl.match(stripped), (path.name, line)
            assert line[: len(line) - len(stripped)] == "\t" * (len(line) - len(stripped))
            name = stripped.split(":")[0]
            if re.fullmatch(r"[a-z]\w+", name) and ":" in stripped:
                assert name not in seen, (path.name, line)
                seen.add(name)


def test_keys_are_unique_and_found(folder) -> None:
    model = Model(folder)
    definition = folder / "clustomer.SemanticModel/definition/relationships.tmdl"
    pairs = re.findall(
        r"fromColumn: (.+?)\.(.+?)\r\n\ttoColumn: (.+?)\.(.+?)\r\n",
        definition.read_bytes().decode("utf-8"),
    )
    assert len(pairs) >= 8
    for many, many_column, one, one_column in pairs:
        tables = [name.strip("'") for name in (many, one)]
        sources = [
            model.sources[table][column.strip("'")]
            for table, column in zip(tables, (many_column, one_column), strict=True)
        ]
        query = (
            f"SELECT COUNT(*) FROM '{model.files[tables[0]]}' WHERE {sources[0]} IS NOT NULL "
            f"AND {sources[0]} NOT IN (SELECT {sources[1]} FROM '{model.files[tables[1]]}')"
        )
        assert model.connection.execute(query).fetchone() == (0,)
        query = f"SELECT COUNT(*) - COUNT(DISTINCT {sources[1]}) FROM '{model.files[tables[1]]}'"
        assert model.connection.execute(query).fetchone() == (0,)


def test_what_a_version_lacks_is_left_out_and_said(project) -> None:
    assert "Recommendations" not in project.tables
    assert "Products" not in project.pages
    assert any("`clustomer recommend`" in sentence for sentence in project.left_out)


def test_the_same_results_give_the_same_bytes(results, tmp_path) -> None:
    for name in ("one", "two"):
        write_powerbi(results, tmp_path / name, data_folder="C:\\shop")
    first, second = (
        {
            p.relative_to(tmp_path / n): p.read_bytes()
            for p in (tmp_path / n).rglob("*.*")
            if p.is_file()
        }
        for n in ("one", "two")
    )
    assert first == second
    parameter = tmp_path / "one/clustomer.SemanticModel/definition/expressions.tmdl"
    assert 'DataFolder = "C:\\shop" meta' in parameter.read_text(encoding="utf-8")


def test_a_folder_is_replaced_only_where_it_may_be(results, tmp_path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/dear.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(OutputError, match="is there already"):
        write_powerbi(results, tmp_path / "letters")
    with pytest.raises(OutputError, match="is no project"):
        write_powerbi(results, tmp_path / "letters", overwrite=True)
    assert (tmp_path / "letters/dear.txt").read_text(encoding="utf-8") == "keep me"
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_texts_of_power_query_are_escaped() -> None:
    assert m_text('a "b" #(cr)') == '"a ""b"" #(#)(cr)"'
