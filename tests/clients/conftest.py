"""The sandbox as published clients meet it, each client in an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from support.sandbox_fixture import api, connect, sandbox, start_sandbox

if t.TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["api", "connect", "sandbox", "start_sandbox"]

REQUIREMENTS = Path(__file__).parent / "requirements"
SCRIPTS = Path(__file__).parent / "scripts"
SECONDS_TO_INSTALL = 120
SECONDS_TO_RUN = 60


@pytest.fixture(scope="session")
def python_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what makes an environment with a client, once, and gives its Python."""
    made: dict[str, Path] = {}
    uv = shutil.which("uv")
    assert uv is not None, "uv makes the environments: pip install uv"

    def make(client: str) -> Path:
        if client not in made:
            folder = tmp_path_factory.mktemp(client)
            python = folder / "bin" / "python"
            for command in (
                ["venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
                [
                    "pip",
                    "install",
                    "--quiet",
                    "--python",
                    str(python),
                    "-r",
                    str(REQUIREMENTS / f"{client}.txt"),
                ],
            ):
                subprocess.run([uv, *command], check=True, timeout=SECONDS_TO_INSTALL)
            made[client] = python
        return made[client]

    return make


@pytest.fixture
def run_client(python_of: Callable[[str], Path]) -> Callable[..., str]:
    """Return what runs a script with a client and gives its output."""

    def run(client: str, script: str, *arguments: str) -> str:
        command = [str(python_of(client)), "-W", "ignore", str(SCRIPTS / script), *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS_TO_RUN)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run
