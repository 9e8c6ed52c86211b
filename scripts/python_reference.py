"""The page of the Python interface, from signatures and docstrings as griffe reads them."""

import logging
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import griffe

import clustomer
from clustomer.settings import declared, spelling
from markdown_page import code, fence, grid, html, page

SOURCES = Path(__file__).parent.parent / "src"
ROOMS = (
    "errors",
    "engines",
    "events",
    "customers",
    "segments",
    "certificates",
    "insights",
    "versions",
    "outputs",
    "proofs",
    "simulate",
)
LONGEST_SIGNATURE = 90


def python_page() -> str:
    package = read_package()
    parts = [
        "`import clustomer` gives these names. Tables in are anything with `__arrow_c_stream__` "
        "(Arrow, pandas, Polars, DuckDB); tables out are `pyarrow.Table`. Data is positional, "
        "options are keywords. Examples: [Use it from Python](../how-to/python.md).",
        ", ".join(_link(name) for name in clustomer.__all__),
    ]
    for name in clustomer.__all__:
        parts += [f"## `{name}`", *_documented(name, package[name])]
    parts += [
        "## Rooms",
        "The rest lives in rooms, each a package of its own. They may change between versions.",
    ]
    for room in ROOMS:
        parts += [f"### `clustomer.{room}`", _room(package[room])]
    return page("Python", *parts)


def read_package() -> Any:
    """Return what griffe reads of the package, without running it."""
    # parameters that share a line have no kind, which is meant
    logging.getLogger("griffe").setLevel(logging.ERROR)
    return griffe.load("clustomer", search_paths=[SOURCES], resolve_aliases=True)


def parameters_of(path: str) -> str:
    """Return the list of the parameters that a class documents, such as "events.EventSchema"."""
    sections = _sections(read_package()[path])
    [entries] = [section.value for section in sections if section.kind.value == "parameters"]
    return _named(entries)


def _link(name: str) -> str:
    """Link to a name's section; GitHub numbers headings that differ in case only."""
    same = [public for public in clustomer.__all__ if public.lower() == name.lower()]
    number = same.index(name)
    return f"[`{name}`](#{name.lower()}{f'-{number}' if number else ''})"


def _documented(name: str, item: Any) -> list[str]:
    if item.is_module:
        # a module and what it is named for have one path
        item = item[name]
    if item.is_attribute:
        return [f"Every [feature](features.md), a tuple of {_link('Feature')}."]
    sections = _sections(item)
    kinds = {section.kind.value for section in sections}
    parts = [fence("py", _signature(name, item))] if item.is_function else []
    if item.is_class:
        if "__init__" in item.members and "dataclass" not in item.labels:
            parts.append(fence("py", _call(name, item["__init__"].parameters)))
        elif not kinds & {"parameters", "attributes"} and name != "Settings":
            parts += [fence("py", fields)] if (fields := _fields(item)) else []
    for section in sections:
        parts += _section(section)
    if name == "Settings":
        parts.append(_settings())
    methods = _methods(item) if item.is_class else ""
    return [*parts, "**Methods and properties**", methods] if methods else parts


def _sections(item: Any) -> list[Any]:
    """Return the sections of a docstring; kinds are words, not always names of Python."""
    text = _prose(item.docstring.value).replace(", optional\n", ", default none\n")
    return list(griffe.parse_numpy(griffe.Docstring(text)))


def _section(section: Any) -> list[str]:
    """Return a section of a docstring; examples run elsewhere."""
    kind = section.kind.value
    if kind == "text":
        return [_prose(section.value)]
    if kind == "admonition":
        return [_prose(section.value.contents)]
    if kind in ("parameters", "attributes"):
        return [f"**{kind.capitalize()}**", _named(section.value)]
    if kind in ("raises", "returns"):
        return [f"**{kind.capitalize()}**", _kinds(section.value)]
    return []


def _named(entries: Iterable[Any]) -> str:
    """Return entries as a list; those that share a description share a line."""
    shared: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        described = " ".join((entry.description or "").split())
        value = entry.value
        default = f"default {value}" if value else ""
        kind = ", ".join(filter(None, (str(entry.annotation or "").rstrip("."), default)))
        shared.setdefault((kind, described or entry.name), []).append(entry.name)
    lines = []
    for (kind, described), names in shared.items():
        words = f"- `{', '.join(names)}`" + (f" ({kind})" if kind else "")
        lines.append(words if described == names[0] else f"{words}: {described}")
    return "\n".join(lines)


def _kinds(entries: Iterable[Any]) -> str:
    lines = []
    for entry in entries:
        described = " ".join((entry.description or "").split())
        words = f"- `{entry.annotation}`"
        lines.append(f"{words}: {described}" if described else words)
    return "\n".join(lines)


def _signature(name: str, item: Any) -> str:
    returns = f" -> {item.returns}" if item.returns is not None else ""
    return _call(name, item.parameters, returns)


def _call(name: str, parameters: Any, returns: str = "") -> str:
    words: list[str] = []
    for parameter in parameters:
        if parameter.name == "self":
            continue
        if parameter.kind is griffe.ParameterKind.keyword_only and "*" not in words:
            words.append("*")
        stars = "**" if parameter.kind is griffe.ParameterKind.var_keyword else ""
        default = f" = {parameter.default}" if parameter.default and not stars else ""
        words.append(f"{stars}{parameter.name}: {parameter.annotation}{default}")
    line = f"{name}({', '.join(words)}){returns}"
    if len(line) <= LONGEST_SIGNATURE:
        return line
    return f"{name}(\n" + "".join(f"    {word},\n" for word in words) + f"){returns}"


def _fields(item: Any) -> str:
    lines = []
    for name, member in item.members.items():
        is_field = member.is_attribute and "property" not in member.labels
        if is_field and member.annotation is not None and not name.startswith("_"):
            value = f" = {member.value}" if member.value is not None else ""
            lines.append(f"{name}: {member.annotation}{value}")
    return "\n".join(lines)


def _methods(item: Any) -> str:
    lines = []
    for name, member in item.members.items():
        is_call = member.is_function
        if name.startswith("_") or name == "model_post_init" or not member.has_docstring:
            continue
        if is_call or "property" in member.labels:
            call = code(f"{name}()" if is_call else name)
            lines.append(f"- {call}: {_first(member)}")
    return "\n".join(lines)


def _settings() -> str:
    """Return every setting, as the command line declares it."""
    rows = (
        (
            code(name),
            code(spelling(name, entry)),
            html(entry.help),
            entry.otherwise or code(repr(getattr(clustomer.Settings, name))),
        )
        for name, _, entry in declared()
    )
    return grid(("Setting", "Option", "What it does", "Default"), rows)


def _room(room: Any) -> str:
    names = room.exports or [
        name
        for name, member in room.members.items()
        if not member.is_alias and (member.is_class or member.is_function)
    ]
    inner = {str(name): room[str(name)] for name in names}
    lines = []
    if public := [_link(name) for name in inner if name in clustomer.__all__]:
        lines.append(f"- Public: {', '.join(public)}.")
    rest: Mapping[str, Any] = {n: i for n, i in inner.items() if n not in clustomer.__all__}
    lines += [
        f"- `{name}`: {_first(item)}" if item.has_docstring else f"- `{name}`"
        for name, item in rest.items()
        if not item.is_attribute
    ]
    if constants := [code(name) for name, item in rest.items() if item.is_attribute]:
        lines.append(f"- Constants: {', '.join(constants)}.")
    return "\n".join(lines)


def _first(item: Any) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join(str(item.docstring.value).split("\n\n")[0].split())


def _prose(text: str) -> str:
    """Return text without doctests, which run elsewhere; indented blocks become code."""
    kept = []
    for block in re.split(r"\n\n+", text):
        if block.lstrip().startswith(">>>"):
            continue
        if block and all(line.startswith("    ") for line in block.splitlines()):
            block = fence("text", textwrap.dedent(block))
        kept.append(block)
    return "\n\n".join(kept)
