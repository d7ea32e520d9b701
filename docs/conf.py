# ruff: noqa: INP001 - a script beside its data
"""How Sphinx builds the site of this folder: `sphinx-build -W -n -b html docs OUT`.

Pages are plain Markdown that GitHub shows as well. Links may lead out of this folder, to files of the
repository: the site gives these the repository's address, where the package names one, and else shows them
as paths.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import typing as t
from pathlib import Path

from pygments.lexers.special import TextLexer

if t.TYPE_CHECKING:
    from sphinx.application import Sphinx

DOCS = Path(__file__).parent
_LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)#\s]+)(#[^)\s]+)?\)")

project = "target-activecampaign"
version = release = importlib.metadata.version(project)
extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["examples/*/.venv", "examples/*/.meltano", "**/README-*.md"]
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
# The marks of generated parts are comments; consoles and settings are shown as they are.
highlight_language = "none"


def setup(app: Sphinx) -> None:
    """Register how links out of this folder are written, and a language that is shown as text."""
    app.add_lexer("mermaid", TextLexer)
    app.connect("source-read", _point_out)


def _point_out(app: Sphinx, page: str, source: list[str]) -> None:
    folder = Path(app.srcdir, page).parent

    def written(link: re.Match[str]) -> str:
        path = os.path.normpath(folder / link[2])
        if Path(path).is_relative_to(DOCS):
            return link[0]
        name = os.path.relpath(path, DOCS.parent)
        if not Path(path).exists():
            message = f"docs/{page}.md links to {name}, which is not there"
            raise ValueError(message)
        repository = _repository()
        if not repository:
            return f"{link[1]} (`{name}`)"
        return f"[{link[1]}]({repository}/blob/main/{name}{link[3] or ''})"

    source[0] = _LINK.sub(written, source[0])


def _repository() -> str:
    """Return the address of the repository; empty where the package names none."""
    urls = importlib.metadata.metadata(project).get_all("Project-URL") or []
    named = {name: address for name, _, address in (url.partition(", ") for url in urls)}
    return str(named.get("Source", "")).rstrip("/")
