"""The image of docs/examples/container, built from its own Dockerfile without a registry of images.

Its base is made of Debian's packages (`mmdebstrap`), and `buildah` builds and runs it: that takes root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import typing as t
from pathlib import Path

import pytest

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.examples, pytest.mark.any_versions, pytest.mark.timeout(900)]

PROJECT = Path(__file__).parents[2]
DOCKERFILE = PROJECT / "docs" / "examples" / "container" / "Dockerfile"
WORKING_FOLDER = "/export/docs/examples/pipeline"
SCRATCH = {"tmp": "/tmp", "run": f"{WORKING_FOLDER}/.meltano/run", "logs": f"{WORKING_FOLDER}/.meltano/logs"}  # noqa: S108
OF_THE_REGISTRY = (
    "PIP_",
    "SSL_CERT_",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
)
MOST_BYTES = 500_000_000
KEYS = {"acme": "the-key-of-acme", "globex": "the-key-of-globex"}


def program(name: str) -> str:
    return shutil.which(name) or ""


class Image:
    """An image in a storage of its own, and one container made of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')

    def build(self, name: str, *arguments: str | Path) -> None:
        policy: list[str | Path] = ["--signature-policy", self.folder / "policy.json"]
        self.buildah(
            "bud", "--quiet", "--isolation=chroot", *policy, "--pull-never", "--tag", name, *arguments
        )

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container, with the folders that it may write to."""
        volumes = [f"--volume={self.folder / name}:{inside}:rw" for name, inside in SCRATCH.items()]
        settings = [f"--env={name}={value}" for name, value in variables.items()]
        return self.buildah(
            "run", "--isolation=chroot", *volumes, *settings, "export", "--", *command, check=False
        )

    def buildah(self, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        storage: list[str | Path] = [
            "--root",
            self.folder / "root",
            "--runroot",
            self.folder / "runroot",
            "--storage-driver",
            "vfs",
        ]
        ended = subprocess.run(
            [program("buildah"), *storage, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
        )
        assert ended.returncode == 0 or not check, ended.stderr[-3000:]
        return ended


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    if os.geteuid() != 0 or not (program("buildah") and program("mmdebstrap")):
        pytest.skip("an image is built by root, with buildah and mmdebstrap (Debian's packages)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        built = Image(Path(name))
        build_base(built)
        build_export(built)
        built.buildah("from", "--pull-never", "--name", "export", "localhost/export")
        for scratch in SCRATCH:
            (built.folder / scratch).mkdir()
            (built.folder / scratch).chmod(0o777)
        yield built
        built.buildah("rm", "export")


def build_base(image: Image) -> None:
    """Make what stands for `python:3.13-slim`: Debian with its own Python."""
    context = image.folder / "base"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nADD base.tar /\n")
    sources = [
        path
        for path in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")
        if Path(path).exists()
    ]
    suite = next(
        line.partition("=")[2]
        for line in Path("/etc/os-release").read_text("utf-8").splitlines()
        if line.startswith("VERSION_CODENAME=")
    )
    packages = "--include=python3,python3-venv,ca-certificates"
    subprocess.run(
        [
            program("mmdebstrap"),
            "--quiet",
            "--mode=root",
            "--variant=apt",
            packages,
            suite,
            context / "base.tar",
            *sources[:1],
        ],
        check=True,
    )
    image.build("base", context)


def build_export(image: Image) -> None:
    """Build the Dockerfile with the registry and the certificates that this machine is set up for."""
    registry = [
        f"--env={name}={value}" for name, value in os.environ.items() if name.startswith(OF_THE_REGISTRY)
    ]
    certificates = "--volume=/etc/ssl/certs:/etc/ssl/certs:ro"
    image.build(
        "export", "--build-arg=BASE=localhost/base", *registry, certificates, "--file", DOCKERFILE, PROJECT
    )


@pytest.mark.parametrize(("account", "code"), [("acme", 0), ("globex", 4)])
def test_the_container_runs_the_pipeline_and_ends_with_the_code_of_the_loader(
    image: Image, account: str, code: int
) -> None:
    entrypoint = image.buildah("inspect", "--format", "{{.OCIv1.Config.Entrypoint}}", "export").stdout
    assert entrypoint.strip() == "[python3 run_meltano.py]"
    with serve(keys=list(KEYS.values()), progress="at-once") as sandbox:
        ended = image.run(
            "python3",
            "run_meltano.py",
            f"--state-id-suffix={account}-customers",
            "tap-spreadsheets",
            "target-activecampaign",
            ACCOUNT=account,
            SEGMENT="customers",
            TARGET_ACTIVECAMPAIGN_HOSTNAME=sandbox.url,
            TARGET_ACTIVECAMPAIGN_API_KEY=KEYS[account],
            TARGET_ACTIVECAMPAIGN_DATA_PRIVACY_CONSENT="true",
            TARGET_ACTIVECAMPAIGN_LIST_ID="1",
        )
        tenant = sandbox.emulator.tenant_with(KEYS[account])
        assert ended.returncode == code, ended.stderr[-3000:]
        assert tenant is not None
        assert len(tenant.account.contacts) == {"acme": 40, "globex": 12}[account]


def test_its_user_is_not_root_and_can_change_nothing_of_it(image: Image) -> None:
    assert image.run("id", "-u").stdout.strip() == "65532"
    writable = image.run("find", "/export", "/etc", "/usr", "-xdev", "-writable", "-not", "-type", "l").stdout
    assert set(writable.splitlines()) <= {SCRATCH["run"], SCRATCH["logs"]} | set(
        image.run("find", SCRATCH["run"], SCRATCH["logs"]).stdout.splitlines()
    )


def test_the_loader_in_it_has_what_a_pipeline_needs_and_no_more(image: Image) -> None:
    packages = image.run(
        "sh", "-c", "ls .meltano/loaders/target-activecampaign/venv/lib/python3*/site-packages"
    ).stdout
    assert "psycopg" in packages.split()
    assert not {"matplotlib", "rich", "starlette"} & set(packages.split())


def test_it_is_small(image: Image) -> None:
    added = image.run("du", "--summarize", "--bytes", "/export").stdout.split()[0]
    assert int(added) < MOST_BYTES
