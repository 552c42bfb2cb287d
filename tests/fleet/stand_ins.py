"""What stands for the actions that the workflows use: copying instead of GitHub's services.

An action, or an input of one, that is not named here is an error.
"""

import fnmatch
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Pinned by commit, as every action is.
PINNED = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)@[0-9a-f]{40}")


# What `sparse-checkout` may name here.
PATTERN = re.compile(r"/\*\.\w+|/\w+/")


class ActionError(Exception):
    """An action that is unknown, or that is used in an unknown way."""


def project_files():
    """All files of this project that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode()
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


class Repository:
    """The repository that the workflows run in: this checkout, with some files replaced."""

    def __init__(self, replaced=None):
        self.replaced = replaced or {}
        self.files = sorted({*project_files(), *self.replaced})

    def copy(self, target, wanted):
        """Copies the files that patterns name, or all of them; `/*.toml` of the root, or `/folder/`, as git has them without cones."""
        chosen = list(self.files)
        if wanted:
            unknown = [pattern for pattern in wanted if not PATTERN.fullmatch(pattern)]
            if unknown:
                raise ActionError(f"checkout: expected patterns as /*.toml or /folder/, found {', '.join(unknown)}")
            folders = tuple(pattern[1:] for pattern in wanted if pattern.endswith("/"))
            endings = tuple(pattern[2:] for pattern in wanted if not pattern.endswith("/"))
            chosen = [name for name in self.files if name.startswith(folders) or ("/" not in name and name.endswith(endings))]
        for name in chosen:
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in self.replaced:
                path.write_text(self.replaced[name])
                if (ROOT / name).exists():
                    shutil.copymode(ROOT / name, path)
            else:
                shutil.copy(ROOT / name, path)


def use(action, options, job):
    """Does what an action does, for a job with `workspace`, `repository`, `artifacts`, `permissions` and
    `environment`; returns its outputs."""
    pinned = PINNED.fullmatch(action)
    if not pinned or pinned["name"] not in ACTIONS:
        raise ActionError(f"no stand-in for {action}")
    stand_in, known = ACTIONS[pinned["name"]]
    unknown = set(options) - known
    if unknown:
        raise ActionError(f"{action}: no stand-in for {', '.join(sorted(unknown))}")
    return stand_in(options, job) or {}


def permitted(job, **needed):
    """What an action may ask GitHub for has to be granted by the job."""
    for scope, access in needed.items():
        scope = scope.replace("_", "-")
        if job.permissions.get(scope) != access:
            raise ActionError(f"expected the permission {scope}: {access}, found {job.permissions}")


def checkout(options, job):
    if options.get("persist-credentials") is not False:
        raise ActionError("checkout: expected persist-credentials: false")
    permitted(job, contents="read")
    job.repository.copy(job.workspace, options.get("sparse-checkout", "").split())


def upload(options, job):
    """One file becomes the artifact's only one, a directory's content all of it; no permission survives."""
    artifact = job.artifacts / options["name"]
    artifact.mkdir(parents=True)  # A second artifact of one name is an error at GitHub too.
    source = job.workspace / options["path"]
    if not source.exists():
        raise ActionError(f"upload-artifact: there is no {options['path']}")
    for path in [source] if source.is_file() else sorted(source.rglob("*")):
        if path.is_file():
            target = artifact / (path.name if source.is_file() else path.relative_to(source))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            os.chmod(target, 0o644)


def download(options, job):
    pattern = options.get("name", options.get("pattern"))
    found = [path for path in sorted(job.artifacts.iterdir()) if fnmatch.fnmatchcase(path.name, pattern)]
    if not found:
        raise ActionError(f"download-artifact: there is no artifact {pattern}")
    for artifact in found:
        shutil.copytree(artifact, job.workspace / options["path"], dirs_exist_ok=True)


def attest(options, job):
    """Notes the digests of what was built, where the stand-in for gh looks for them."""
    permitted(job, id_token="write", attestations="write")
    found = sorted(job.workspace.glob(options["subject-path"]))
    if not found:
        raise ActionError(f"attest-build-provenance: there is no {options['subject-path']}")
    with open(job.environment["FLEET_ATTESTED"], "a", encoding="utf-8") as attested:
        for path in found:
            attested.write(hashlib.sha256(path.read_bytes()).hexdigest() + "\n")


def pages_artifact(options, job):
    upload({**options, "name": "github-pages"}, job)


def deploy_pages(_options, job):
    """Puts the pages beside the run's artifacts, as one would see them in the browser."""
    permitted(job, pages="write", id_token="write")
    shutil.copytree(job.artifacts / "github-pages", job.artifacts.parent / "published")
    return {"page_url": "https://owner.example.org/floe/"}


def nothing(_options, _job):
    pass


ACTIONS = {
    "actions/checkout": (checkout, {"persist-credentials", "sparse-checkout", "sparse-checkout-cone-mode"}),
    "actions/upload-artifact": (upload, {"name", "path", "if-no-files-found", "retention-days"}),
    "actions/download-artifact": (download, {"name", "pattern", "merge-multiple", "path"}),
    "actions/attest-build-provenance": (attest, {"subject-path"}),
    "actions/upload-pages-artifact": (pages_artifact, {"path"}),
    "actions/deploy-pages": (deploy_pages, set()),
    "Swatinem/rust-cache": (nothing, {"cache-directories", "cache-targets"}),
}
