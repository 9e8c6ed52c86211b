"""SVG made small enough, and safe enough, to stand inside a page many times."""

import re
from collections import Counter
from functools import lru_cache
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_IDLE = {"aria-hidden", "aria-label", "aria-roledescription", "role", "class", "pointer-events"}
_KINDS = {"role-axis-label": "tick", "role-legend-label": "name"}
_EMPTY_PATHS = {"", "M0,0h0v0h0Z"}
_INHERITED = (
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "font-family",
    "font-size",
    "font-weight",
    "text-anchor",
)
_REPEATED = 20
_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
_PLACE = re.compile(r"^translate\((-?[\d.]+),(-?[\d.]+)\)$")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def slim(text: str, *, name: str, description: str) -> str:
    """Return an SVG text without what a static picture does not need.

    Drops hidden and empty parts, rounds coordinates to a hundredth of a pixel, says attributes
    that siblings share once, and draws a shape that is repeated many times from one
    definition. Where the numbers of a text come from stays, as `data-fact` and `data-kind` (see
    `words`). Ids start with `name`, so that several pictures can share a page. The picture is
    announced to a screen reader as one image with `description`.

    >>> svg = '<svg xmlns="http://www.w3.org/2000/svg"><g class="a"/><path d="M0,0.12345"/></svg>'
    >>> print(slim(svg, name="dot", description="a dot"))
    <svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="a dot"><path d="M0,0.12" /></svg>
    """
    root = ElementTree.fromstring(text)
    _rename(root, name)
    _prune(root)
    _share(root)
    _define(root, name)
    for attribute in ("version", "class"):
        root.attrib.pop(attribute, None)
    root.set("role", "img")
    root.set("aria-label", description)
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _rename(root: ElementTree.Element, name: str) -> None:
    # Vega numbers its clips by a counter that lives as long as the process.
    names: dict[str, str] = {}
    for element in root.iter():
        if "id" in element.attrib:
            names[element.attrib["id"]] = f"{name}-{len(names)}"
            element.set("id", names[element.attrib["id"]])
    for element in root.iter():
        for key, value in element.attrib.items():
            if "url(#" in value:
                element.set(key, _REFERENCE.sub(lambda m: f"url(#{names[m[1]]})", value))


def _trace(element: ElementTree.Element) -> None:
    """Keep where a text comes from: from what `words` said of it, or from its role in an axis."""
    sort, _, origin = element.get("aria-label", "").partition(":")
    if _tag(element) == "text" and sort in ("fact", "kind") and origin:
        element.set(f"data-{sort}", origin)
    for role in element.get("class", "").split():
        if role in _KINDS:
            element.set("data-kind", _KINDS[role])


def _prune(element: ElementTree.Element) -> None:
    _trace(element)
    for key in _IDLE & set(element.attrib):
        del element.attrib[key]
    for key, value in list(element.attrib.items()):
        if key == "opacity" and value == "1":
            del element.attrib[key]
        elif key in ("d", "transform", "x", "y", "x2", "y2", "width", "height"):
            element.set(key, _rounded(value))
    if element.attrib.get("transform") == "translate(0,0)":
        del element.attrib["transform"]
    for child in list(element):
        _prune(child)
        if _nothing(child):
            element.remove(child)
    # A group without attributes is only a bracket around its children.
    flat: list[ElementTree.Element] = []
    for child in list(element):
        if _tag(child) == "g" and not child.attrib:
            flat.extend(child)
        else:
            flat.append(child)
    element[:] = flat


def _nothing(element: ElementTree.Element) -> bool:
    tag = _tag(element)
    if tag == "path":
        drawn = element.get("d", "") not in _EMPTY_PATHS and element.get("display") != "none"
        painted = element.get("fill", "none") != "none" or element.get("stroke", "none") != "none"
        return not (drawn and (painted or len(element.attrib) == 1))
    if tag == "g":
        return len(element) == 0
    return tag == "text" and not (element.text or "").strip()


def _share(element: ElementTree.Element) -> None:
    for child in element:
        _share(child)
    if _tag(element) != "g" or len(element) < 2:
        return
    for key in _INHERITED:
        values = {child.get(key) for child in element}
        if len(values) == 1 and None not in values and key not in element.attrib:
            element.set(key, str(values.pop()))
            for child in element:
                del child.attrib[key]


def _define(root: ElementTree.Element, name: str) -> None:
    marks = [(element, _mark(element)) for element in root.iter(f"{{{_SVG}}}path")]
    counts = Counter(mark for _, mark in marks if mark)
    repeated = {mark: f"{name}-m{i}" for i, mark in enumerate(counts) if counts[mark] >= _REPEATED}
    if not repeated:
        return
    for element, mark in marks:
        if mark in repeated:
            place = _PLACE.match(element.attrib["transform"])
            assert place is not None
            element.tag = f"{{{_SVG}}}use"
            element.attrib.clear()
            element.attrib.update({"href": f"#{repeated[mark]}", "x": place[1], "y": place[2]})
    definitions = ElementTree.Element(f"{{{_SVG}}}defs")
    for mark, identifier in repeated.items():
        ElementTree.SubElement(definitions, f"{{{_SVG}}}path", {"id": identifier, **dict(mark)})
    root.insert(0, definitions)


def _mark(element: ElementTree.Element) -> tuple[tuple[str, str], ...]:
    if not _PLACE.match(element.get("transform", "")):
        return ()
    return tuple((key, value) for key, value in element.attrib.items() if key != "transform")


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


@lru_cache(maxsize=64)  # a mark has the same outline wherever it is drawn
def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), text)
