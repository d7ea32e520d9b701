"""Owns how this installation was made, and the commands that add to it or renew it.

Each way to install leaves a mark: pip and uv write their name and the source beside the package, `pipx` and
`uv tool` a file in their environment, Meltano a folder of a certain name. Nothing of the rest is known here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import typing as t
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import Distribution

PACKAGE = "target-activecampaign"
_SOURCES = Path(__file__).parents[1]
_OF_AN_EXTRA = re.compile(r"""([\w.-]+)[^;]*;.*\bextra == ['"](\w+)['"]""")


def how_to_add_extra(extra: str) -> str:
    """Return what somebody does to add an extra of this package to the installation that runs now."""
    return this_installation().how_to_add_extra(extra)


def how_to_add_package(name: str) -> str:
    """Return what somebody does to add another package to the installation that runs now."""
    return this_installation().how_to_add([name])


def how_to_update() -> str:
    """Return what somebody does to have the newest version in the installation that runs now."""
    return this_installation().how_to_update()


@dataclass(frozen=True)
class Source:
    """Where a package was installed from, where that is no index.

    Attributes:
        url: With the scheme of the version control system and the commit, where it came from one.
        is_editable: Whether the sources themselves run.
    """

    url: str
    is_editable: bool = False

    @classmethod
    def of_direct_url(cls, text: str | None) -> Source | None:
        """Read `direct_url.json`; `None` where there is none, as after an installation from an index."""
        told = json.loads(text or "{}")
        url = told.get("url")
        if control := told.get("vcs_info"):
            url = f"{control['vcs']}+{url}@{control['commit_id']}"
        return cls(url, is_editable=told.get("dir_info", {}).get("editable", False)) if url else None

    @property
    def path(self) -> Path | None:
        """The folder or the file on this machine, where it is one."""
        parts = urllib.parse.urlsplit(self.url)
        return Path(urllib.parse.unquote(parts.path)) if parts.scheme == "file" else None

    def requirement(self, brackets: str) -> str:
        """Return the words with which pip, uv and Meltano install it again, with extras in brackets."""
        if self.path is None:
            return shlex.quote(f"{PACKAGE}{brackets}@{self.url}")
        return f"{'-e ' if self.is_editable else ''}{shlex.quote(f'{self.path}{brackets}')}"


@dataclass(frozen=True)
class Installation:
    """How a Python environment came to have this package.

    Attributes:
        prefix: The folder of the environment.
        python: The interpreter in it.
        installer: The program that installed it last: `pip`, `uv`, another one, or unknown, which is empty.
        source: Of the package; `None` after an installation from an index.
        requirements: Of the package, as its metadata has them.
        is_active: Whether a shell's commands already mean this environment.
    """

    prefix: Path
    python: str
    installer: str = "pip"
    source: Source | None = None
    requirements: tuple[str, ...] = ()
    is_active: bool = False

    def how_to_add_extra(self, extra: str) -> str:
        """Return what somebody does to add an extra."""
        if self._plugin:
            return self._how_to_change_plugin(f"the extra [{extra}]")
        if self._is_pipx or not self._has_its_source:
            return self.how_to_add(self._packages_of(extra))
        if self._is_uv_tool:
            # uv makes the tool anew, with what it is told and nothing else.
            return f"uv tool install --force {self.requirement({*self._present_extras, extra})}"
        return f"{self._install} {self.requirement([extra])}"

    def how_to_add(self, packages: Iterable[str]) -> str:
        """Return what somebody does to add other packages."""
        words = " ".join(map(shlex.quote, packages))
        if self._plugin:
            return self._how_to_change_plugin(words)
        return f"pipx inject {self.prefix.name} {words}" if self._is_pipx else f"{self._install} {words}"

    def how_to_update(self) -> str:
        """Return what somebody does to have the newest version."""
        path = self.source.path if self.source else None
        if path and path.suffix == ".whl":
            return "install a newer wheel as you installed this one"
        fetch = f"git -C {shlex.quote(str(path))} pull && " if path and (path / ".git").exists() else ""
        return fetch + self._renewal

    def requirement(self, extras: Iterable[str], version: str = "") -> str:
        """Return the words with which pip, uv and Meltano install the package as it was installed here.

        Args:
            extras: By name.
            version: The only one to take, where an index has several; default the newest.
        """
        names = ",".join(sorted(extras))
        brackets = f"[{names}]" if names else ""
        if self.source is not None:
            return self.source.requirement(brackets)
        return shlex.quote(f"{PACKAGE}{brackets}{f'=={version}' if version else ''}")

    @property
    def _renewal(self) -> str:
        if self._plugin:
            return "meltano install --clean"
        if self._is_pipx:
            return f"pipx upgrade {self.prefix.name}"
        if self._is_uv_tool:
            return f"uv tool upgrade {PACKAGE}"
        return f"{self._install} --upgrade {self.requirement(self._present_extras)}"

    @property
    def _plugin(self) -> str:
        """The name of Meltano's plugin that the environment is of, or nothing."""
        match self.prefix.parts[-4:]:
            case (".meltano", _, name, "venv"):
                return name
        return ""

    def _how_to_change_plugin(self, addition: str) -> str:
        return f"add {addition} to pip_url of {self._plugin} in meltano.yml, then: meltano install"

    @property
    def _is_pipx(self) -> bool:
        return (self.prefix / "pipx_metadata.json").is_file()

    @property
    def _is_uv_tool(self) -> bool:
        return (self.prefix / "uv-receipt.toml").is_file()

    @property
    def _has_its_source(self) -> bool:
        """Whether a command that names the source can work: many a wheel is deleted once it is installed."""
        path = self.source.path if self.source else None
        return path is None or path.exists()

    @property
    def _install(self) -> str:
        """The command that installs into this environment, and not into another one that a shell may mean."""
        if self.installer == "uv":
            return f"uv pip install{'' if self.is_active else f' --python {shlex.quote(str(self.prefix))}'}"
        return f"{'pip' if self.is_active else f'{shlex.quote(self.python)} -m pip'} install"

    def _packages_of(self, extra: str) -> list[str]:
        """Return the requirements of an extra, without their conditions."""
        matches = map(_OF_AN_EXTRA.match, self.requirements)
        return [found[0].partition(";")[0].strip() for found in matches if found and found[2] == extra]

    @property
    def _present_extras(self) -> set[str]:
        """The extras of which each package is here."""
        packages = [found.groups() for found in map(_OF_AN_EXTRA.match, self.requirements) if found]
        lacking = {extra for name, extra in packages if _distribution(name) is None}
        return {extra for _, extra in packages} - lacking


def this_installation() -> Installation:
    """Return the installation that runs now; sources that nobody installed count as their folder."""
    prefix = Path(sys.prefix)
    active = os.environ.get("VIRTUAL_ENV")
    is_active = bool(active) and Path(str(active)).resolve() == prefix.resolve()
    found = _distribution(PACKAGE)
    if found is None:
        return Installation(prefix, sys.executable, source=Source(_SOURCES.as_uri()), is_active=is_active)
    return Installation(
        prefix,
        sys.executable,
        installer=(found.read_text("INSTALLER") or "").strip(),
        source=Source.of_direct_url(found.read_text("direct_url.json")),
        requirements=tuple(found.requires or ()),
        is_active=is_active,
    )


def _distribution(package: str) -> Distribution | None:
    from importlib import metadata  # noqa: PLC0415 - 0.1 s, and most runs have no message of this kind

    try:
        return metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return None
