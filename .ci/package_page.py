# ruff: noqa: INP001 - a script, not a package
"""Owns what an index shows of the package beside its static metadata: the README, and links to files.

Hatchling calls `PackagePage` for every build. Where the repository stands is one value in pyproject.toml,
`repository` of `[tool.hatch.metadata.hooks.custom]`. While it is empty, the README's links stay as they are.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

README = "README.md"
_IMAGES = (".png", ".svg")
_FENCED_BLOCK = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_RELATIVE_LINK = re.compile(r"\]\((?![a-z]+:)([^)\s]+)\)")


class PackagePage(MetadataHookInterface):
    """Adds `readme` and `urls` to the metadata."""

    def update(self, metadata: dict[str, t.Any]) -> None:
        """Set both, for the version that the metadata names."""
        repository = str(self.config["repository"]).rstrip("/")
        text = Path(self.root, README).read_text("utf-8")
        tag = f"v{metadata['version']}"
        if repository:
            text = with_absolute_links(text, repository, tag)
            metadata["urls"] = urls_of(repository, tag)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def urls_of(repository: str, tag: str) -> dict[str, str]:
    """Return the links beside the text: each label with its URL."""
    return {
        "Source": repository,
        "Documentation": f"{repository}/tree/{tag}/docs",
        "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


def with_absolute_links(text: str, repository: str, tag: str) -> str:
    """Return Markdown whose relative links lead to the files of a release, also where they name a heading.

    An index renders no anchors for headings, and blocks of code stay as they are.
    """

    def absolute(link: re.Match[str]) -> str:
        target = f"{README}{link[1]}" if link[1].startswith("#") else link[1]
        kind = "raw" if target.endswith(_IMAGES) else "blob"
        return f"]({repository}/{kind}/{tag}/{target})"

    parts = _FENCED_BLOCK.split(text)
    return "".join(part if part.startswith("```") else _RELATIVE_LINK.sub(absolute, part) for part in parts)
