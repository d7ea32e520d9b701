"""What an index shows of the package: the README, and links that follow from the repository's address."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from markdown_it import MarkdownIt
from package_page import with_absolute_links

from target_activecampaign import __version__

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

pytestmark = pytest.mark.any_versions  # files of the repository

PROJECT = Path(__file__).parents[2]
REPOSITORY = "https://git.example/acme/target-activecampaign"


def metadata_with(repository: str) -> ProjectMetadata[PluginManager]:
    # A copy of what pyproject.toml holds, since hooks change it.
    config = ProjectMetadata(str(PROJECT), PluginManager()).config
    config["tool"]["hatch"]["metadata"]["hooks"]["custom"]["repository"] = repository
    return ProjectMetadata(str(PROJECT), PluginManager(), config)


def targets_in(markdown: str) -> list[str]:
    return [
        str(token.attrs[name])
        for token in tokens_of(MarkdownIt("commonmark").parse(markdown))
        for name in ("href", "src")
        if name in token.attrs
    ]


def tokens_of(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from tokens_of(token.children or [])


def test_without_an_address_of_the_repository_there_are_no_links() -> None:
    core = metadata_with("").core
    assert core.urls == {}
    assert core.readme == (PROJECT / "README.md").read_text("utf-8")
    assert core.readme_content_type == "text/markdown"


def test_with_one_each_link_leads_into_the_repository() -> None:
    urls = metadata_with(f"{REPOSITORY}/").core.urls
    assert urls["Source"] == REPOSITORY
    assert {"Changelog", "Documentation", "Issues"} <= urls.keys()
    assert [url for url in urls.values() if not url.startswith(REPOSITORY)] == []


def test_every_link_of_the_readme_is_absolute_and_leads_to_a_file_of_the_release() -> None:
    before = targets_in((PROJECT / "README.md").read_text("utf-8"))
    after = targets_in(metadata_with(REPOSITORY).core.readme)
    assert len(after) == len(before) > 0
    assert [target for target in after if not target.startswith("https://")] == []
    of_release = [target for target in after if target.startswith(REPOSITORY)]
    assert of_release
    for target in of_release:
        kind, tag, path = target.removeprefix(f"{REPOSITORY}/").split("/", 2)
        file = PROJECT / path.partition("#")[0]
        assert tag == f"v{__version__}"
        assert file.exists(), target
        assert kind == ("raw" if file.suffix in {".png", ".svg"} else "blob"), target


def test_a_link_to_a_heading_leads_to_the_file_since_an_index_gives_headings_no_anchors() -> None:
    text = "See [settings](#settings).\n\n```bash\necho '](x.md)'\n```\n\nAnd [a page](docs/x.md#y).\n"
    assert with_absolute_links(text, REPOSITORY, "v1.2.3") == (
        f"See [settings]({REPOSITORY}/blob/v1.2.3/README.md#settings).\n\n```bash\necho '](x.md)'\n```\n\n"
        f"And [a page]({REPOSITORY}/blob/v1.2.3/docs/x.md#y).\n"
    )
