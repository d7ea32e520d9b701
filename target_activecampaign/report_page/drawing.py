"""Owns how plots become SVG in the page: alike for the same figures, with the page's colours and letters.

Matplotlib draws; here its SVG loses all that a page must not have (dates, addresses, style sheets, letters of
its own) and gets a name, a description and ids of its own. Nothing else imports matplotlib.
"""

from __future__ import annotations

import io
import logging
import re
import typing as t
import warnings
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

if t.TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Figure", "draw", "few_ticks", "separated"]

WIDTH = 400
"""Units of a plot. On a phone of 390 pixels letters of 12 units stand in 10.7 pixels."""

INK = "#010203"
MUTED = "#010204"
GRID = "#010205"
PAPER = "#010206"
BLUE = "#010207"
ORANGE = "#010208"
GREY = "#010209"
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    PAPER: "--paper",
    BLUE: "--blue",
    ORANGE: "--orange",
    GREY: "--grey",
}
"""Stand-ins for the page's colours, which are others on dark pages."""

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_POINTS_PER_INCH = 72
_STYLE = {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.facecolor": "none",
    "font.size": 11,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 1.6,
    "path.simplify": True,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "the same plot for the same figures",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.major.size": 0,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_FOREIGN = {f"{_SVG}style", f"{_SVG}metadata"}
_REFERENCE = re.compile(r"#(\w+)[)\"]")
_LETTERS = re.compile(r"font-family: [^;]+;?|font: (?:(?P<weight>bold|[1-9]00) )?(?P<size>[\d.]+)px [^;]+;?")
_DIGITS = re.compile(r"\d+\.\d{3,}")

logging.getLogger("matplotlib").setLevel(logging.ERROR)


def draw(name: str, title: str, description: str, *, height: int, paint: Callable[[Figure], None]) -> str:
    """Return a plot as an `svg` element.

    Args:
        name: Goes before every id in it; unique on the page.
        title: For screen readers.
        description: Likewise; the main figures in words.
        height: In units, of which `WIDTH` lie beside each other.
        paint: Draws on the figure.
    """
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that matplotlib's own font lacks: the page's will have them
        figure = Figure(figsize=(WIDTH / _POINTS_PER_INCH, height / _POINTS_PER_INCH))
        figure.patch.set_visible(False)
        paint(figure)
        return _inline(_as_svg(figure), name, title, description)


def separated(axis: t.Any) -> None:  # noqa: ANN401 - matplotlib has no stubs for our oldest Python
    """Write the figures of an axis with separators, a few of them, and whole ones alone."""
    axis.set_major_locator(MaxNLocator(4, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def few_ticks(axis: t.Any) -> None:  # noqa: ANN401 - as above
    """Write two or three figures beside a low axis."""
    axis.set_major_locator(MaxNLocator(2))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _as_svg(figure: Figure) -> str:
    output = io.StringIO()
    FigureCanvasSVG(figure).print_svg(output, metadata=_NO_METADATA)
    return output.getvalue()


def _inline(text: str, name: str, title: str, description: str) -> str:
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    root = ET.fromstring(text)  # noqa: S314 - matplotlib's, not a stranger's
    for parent in list(root.iter()):
        for child in [one for one in parent if one.tag in _FOREIGN]:
            parent.remove(child)
    used = {f"{name}-{target}" for target in _REFERENCE.findall(text)}
    for element in root.iter():
        _mend(element, name, used)
    _describe(root, name, title, description)
    return ET.tostring(root, encoding="unicode")


def _mend(element: ET.Element, name: str, used: set[str]) -> None:
    """Take from an element what the page has no use for, and put the plot's name before its ids."""
    element.tag = element.tag.removeprefix(_SVG)
    if element.tag != "text":
        element.text = None
    element.tail = None
    if target := element.attrib.pop(_HREF, None):
        element.set("href", f"#{name}-{target.removeprefix('#')}")
    for key, value in list(element.attrib.items()):
        element.set(key, _mended(key, value, name))
    if element.get("id") not in used:
        element.attrib.pop("id", None)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    for key in ("fill", "stroke"):  # a variable is sure to count in a style alone
        if value := element.attrib.pop(key, ""):
            element.set("style", f"{key}: {value}; {element.get('style', '')}".removesuffix("; "))


def _mended(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    value = value.replace("url(#", f"url(#{name}-")
    if key == "style":
        value = _LETTERS.sub(_size_alone, value)
    if key in {"d", "x", "y", "transform", "style"}:
        value = _DIGITS.sub(lambda found: f"{float(found[0]):.1f}", value)
    return " ".join(value.split()) if key == "d" else value


def _size_alone(font: re.Match[str]) -> str:
    if font["size"] is None:
        return ""
    weight = f"font-weight: {font['weight']}; " if font["weight"] else ""
    return f"{weight}font-size: {font['size']}px;"


def _describe(root: ET.Element, name: str, title: str, description: str) -> None:
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(tag, {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(place, element)
