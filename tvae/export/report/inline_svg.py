"""SVG of a chart as a part of an HTML page, in the page's ink and font."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tvae.figures.colours import FAINT, GROUND, INK

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_REFERENCE = re.compile(r"(?<=#)[^)]+")
"""Pattern of the id in `#id` and `url(#id)`."""
_OF_THE_PAGE = {INK["light"]: "var(--ink)", FAINT["light"]: "var(--faint)", GROUND["light"]: "none"}
_FONT = re.compile(r"'[^;]*sans-serif")


def inline_svg(svg: bytes, prefix: str, label: str) -> str:
    """The picture as an element of a page.

    Args:
        prefix: put before each of its ids, so that no two pictures of a page share one.
        label: what a screen reader says of it.
    """
    root = ElementTree.fromstring(svg)
    for part in [*root.findall(f"{_SVG}metadata"), *root.findall(f"{_SVG}title")]:
        root.remove(part)
    for parent in root.iter(f"{_SVG}defs"):
        for sheet in parent.findall(f"{_SVG}style"):  # which would be of the whole page
            parent.remove(sheet)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        for name, value in list(element.attrib.items()):
            if name == "id":
                element.set(name, prefix + value)
            elif name == f"{_LINK}href":
                del element.attrib[name]
                element.set("href", _REFERENCE.sub(lambda match: prefix + match[0], value))
            elif name == "clip-path":
                element.set(name, _REFERENCE.sub(lambda match: prefix + match[0], value))
            elif name == "style":
                element.set(name, _with_the_look_of_the_page(value))
    for name in ("width", "height"):  # it is as wide as its place
        del root.attrib[name]
    root.set("stroke-linejoin", "round")
    root.set("role", "img")
    root.set("aria-label", label)
    return ElementTree.tostring(root, "unicode")


def _with_the_look_of_the_page(style: str) -> str:
    for colour, variable in _OF_THE_PAGE.items():
        style = style.replace(colour, variable)
    return _FONT.sub("var(--font)", style)
