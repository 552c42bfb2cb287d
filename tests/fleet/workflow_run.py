"""Runs workflow files as GitHub would: each job's own commands, as processes of this machine.

Matrices, needs, outputs, conditions, expressions, reusable workflows, environments and secrets are
resolved from the YAML itself. A key that is not handled here is an error, so that no part of a workflow
is passed over in silence.
"""

import concurrent.futures
import contextlib
import fnmatch
import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field

import yaml

import stand_ins
from expressions import Open, as_text, evaluate, interpolate, truth

WORKFLOWS = stand_ins.ROOT / ".github" / "workflows"
# What stands for the token that GitHub gives a job.
JOB_TOKEN = "ghs_ThisTokenMustNotBeSeen"
# Jobs at a time on a free account.
MOST = 20
MATRIX_LIMIT = 256
STATUS_FUNCTIONS = ("success()", "always()", "cancelled()", "failure()")
WORKFLOW_KEYS = {"name", "on", "permissions", "concurrency", "env", "jobs"}
CALL_KEYS = {"name", "needs", "if", "permissions", "strategy", "uses", "with", "secrets"}
JOB_KEYS = {
    "name", "needs", "if", "permissions", "strategy", "runs-on", "timeout-minutes", "environment", "outputs", "env", "steps",
}  # fmt: skip
STEP_KEYS = {"name", "id", "if", "uses", "with", "env", "run", "shell", "working-directory"}
SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}


class WorkflowError(Exception):
    """A workflow that GitHub would refuse, or that uses what this driver does not know."""


def load(name):
    """A workflow file; YAML 1.1 reads its key `on` as a truth value."""
    document = yaml.safe_load((WORKFLOWS / name).read_text())
    document["on"] = document.pop(True)
    return document


@dataclass
class Step:
    """What a step left."""

    job: str
    name: str
    code: int
    stdout: str
    stderr: str


@dataclass
class Outcome:
    """How a job ended."""

    result: str
    outputs: dict = field(default_factory=dict)


@dataclass
class Run:
    """One run of a workflow with everything that it calls."""

    repository: stand_ins.Repository
    directory: pathlib.Path
    environment: dict
    variables: dict
    secrets: dict
    # The jobs of a matrix one after another: GitHub too starts some of them hours after others.
    one_by_one: bool = False
    steps: list = field(default_factory=list)
    summaries: list = field(default_factory=list)
    jobs: dict = field(default_factory=dict)

    def __post_init__(self):
        self.artifacts = self.directory / "artifacts"
        self.artifacts.mkdir(parents=True)
        self.places = threading.Semaphore(MOST)
        self.running, self.most_running = 0, 0
        self.lock = threading.Lock()
        self.failures = []

    def dispatch(self, name, **inputs):
        """Starts a workflow by hand and waits for its end; returns its result."""
        declared = (load(name)["on"]["workflow_dispatch"] or {}).get("inputs", {})
        return self.start(name, fill(declared, inputs), "workflow_dispatch", "heads/main")

    def push_tag(self, name, tag):
        """Starts a workflow as the push of a tag does."""
        patterns = load(name)["on"]["push"]["tags"]
        if not any(fnmatch.fnmatchcase(tag, pattern) for pattern in patterns):
            raise WorkflowError(f"{name} does not start for the tag {tag}")
        return self.start(name, {}, "push", f"tags/{tag}")

    def start(self, name, inputs, event, ref):
        self.github = {
            "token": JOB_TOKEN,
            "repository": self.environment["GITHUB_REPOSITORY"],
            "event_name": event,
            "ref": f"refs/{ref}",
            "ref_name": ref.partition("/")[2],
        }
        result = self.call(name, inputs, self.secrets, "")
        if self.failures:
            raise self.failures[0]
        return result

    def call(self, name, inputs, secrets, prefix):
        document = load(name)
        check_keys(document, WORKFLOW_KEYS, name)
        contexts = {
            "inputs": inputs,
            "vars": Open(self.variables),
            "github": self.github,
        }
        environment = interpolate_all(document.get("env", {}), contexts)
        call = Call(self, document["jobs"], contexts, environment, secrets, prefix)
        outcomes = call.execute()
        return "failure" if any(outcome.result == "failure" for outcome in outcomes.values()) else "success"

    @contextlib.contextmanager
    def place(self):
        """One of the places that a job may take."""
        with self.places:
            with self.lock:
                self.running += 1
                self.most_running = max(self.most_running, self.running)
            try:
                yield
            finally:
                with self.lock:
                    self.running -= 1

    def ended(self, job, result):
        with self.lock:
            if job in self.jobs:
                raise WorkflowError(f"two jobs are called {job}")
            self.jobs[job] = result

    def log(self):
        """Everything that the run has shown anybody: logs, summaries and names."""
        parts = [*self.summaries, *self.jobs]
        for step in self.steps:
            parts += [step.job, step.name, step.stdout, step.stderr]
        return "\n".join(parts)


@dataclass
class Call:
    """One workflow file under way."""

    run: Run
    definitions: dict
    contexts: dict
    environment: dict
    secrets: dict
    prefix: str

    def execute(self):
        """Runs all jobs, each as soon as those that it needs have ended."""
        # A matrix may have all its jobs waiting at once; their number at work is bounded by the run.
        with concurrent.futures.ThreadPoolExecutor(len(self.definitions)) as pool:
            futures = {}
            for name in in_order(self.definitions):
                futures[name] = pool.submit(self.job, name, self.definitions[name], dict(futures))
            return {name: future.result() for name, future in futures.items()}

    def job(self, name, definition, futures):
        try:
            return self.guarded_job(name, definition, futures)
        except Exception as error:  # pylint: disable=broad-except
            self.run.failures.append(error)
            return Outcome("failure")

    def guarded_job(self, name, definition, futures):
        known = CALL_KEYS if "uses" in definition else JOB_KEYS
        check_keys(definition, known, name)
        needed = {need: futures[need].result() for need in needs_of(definition)}
        contexts = {
            **self.contexts,
            "needs": {need: {"result": done.result, "outputs": done.outputs} for need, done in needed.items()},
        }
        succeeded = all(done.result == "success" for done in needed.values())
        if not condition(definition.get("if"), contexts, succeeded):
            self.run.ended(f"{self.prefix}{name}", "skipped")
            return Outcome("skipped")
        instances, most = matrix(definition.get("strategy", {}), contexts, name)
        # Without fail-fast: false GitHub stops the others where one fails, which is not wanted anywhere.
        if len(instances) > 1 and definition["strategy"].get("fail-fast") is not False:
            raise WorkflowError(f"{name}: a matrix without fail-fast: false")
        turn = threading.Semaphore(most)
        with concurrent.futures.ThreadPoolExecutor(1 if self.run.one_by_one else len(instances)) as pool:
            done = list(
                pool.map(lambda values: self.instance(name, definition, {**contexts, "matrix": values}, turn), instances)
            )
        failed = any(outcome.result == "failure" for outcome in done)
        return Outcome("failure" if failed else "success", done[-1].outputs)

    def instance(self, name, definition, contexts, turn):
        label = as_text(interpolate(definition.get("name", name), contexts))
        label = f"{self.prefix}{label}"
        with turn:
            if "uses" in definition:
                result = self.reuse(definition, contexts, label)
                return Outcome(result)
            with self.run.place(), tempfile.TemporaryDirectory(dir=self.run.directory, prefix="job-") as directory:
                job = Job(self, label, pathlib.Path(directory), contexts)
                outcome = job.execute(definition)
        self.run.ended(label, outcome.result)
        return outcome

    def reuse(self, definition, contexts, label):
        name = pathlib.PurePosixPath(definition["uses"])
        if name.parent != pathlib.PurePosixPath(".github/workflows"):
            raise WorkflowError(f"{label}: expected a workflow of this repository, found {name}")
        trigger = load(name.name)["on"]["workflow_call"]
        inputs = fill(trigger.get("inputs", {}), interpolate_all(definition.get("with", {}), contexts, str_only=False))
        passed = interpolate_all(definition.get("secrets", {}), {**contexts, "secrets": Open(self.secrets)})
        declared = trigger.get("secrets", {})
        if set(passed) - set(declared):
            raise WorkflowError(f"{label}: secrets that {name} does not declare: {set(passed) - set(declared)}")
        missing = [key for key, about in declared.items() if about.get("required") and not passed.get(key)]
        if missing:
            raise WorkflowError(f"{label}: {name} needs the secrets {missing}")
        return self.run.call(name.name, inputs, passed, f"{label} / ")


class Job:
    """One job on its machine: a workspace, the files through which steps speak to the runner."""

    def __init__(self, call, label, directory, contexts):
        self.run, self.label, self.directory = call.run, label, directory
        self.secrets, self.contexts = call.secrets, contexts
        self.repository, self.artifacts = call.run.repository, call.run.artifacts
        self.workspace = directory / "workspace"
        self.workspace.mkdir()
        self.environment = {**call.run.environment, **call.environment}
        self.outputs = {}

    def execute(self, definition):
        self.permissions = definition.get("permissions", {})
        self.environment.update(interpolate_all(definition.get("env", {}), self.contexts))
        succeeded = True
        for index, step in enumerate(definition["steps"]):
            check_keys(step, STEP_KEYS, f"{self.label}, step {index}")
            contexts = {**self.contexts, "steps": self.outputs, "env": self.environment}
            if not condition(step.get("if"), contexts, succeeded):
                continue
            code = self.step(index, step, contexts)
            succeeded = succeeded and code == 0
        contexts = {**self.contexts, "steps": self.outputs}
        # The outputs of a step that did not run are empty.
        outputs = interpolate_all(definition.get("outputs", {}), contexts) if succeeded else {}
        interpolate_all(definition.get("environment", {}), contexts)
        return Outcome("success" if succeeded else "failure", outputs)

    def step(self, index, step, contexts):
        # Secrets reach the environment of a single step, and nothing else.
        environment = interpolate_all(step.get("env", {}), {**contexts, "secrets": Open(self.secrets)})
        if "uses" in step:
            options = interpolate_all(step.get("with", {}), contexts, str_only=False)
            self.outputs[step.get("id")] = {"outputs": stand_ins.use(step["uses"], options, self)}
            return 0
        if "${{" in step["run"]:
            raise WorkflowError(f"{self.label}: an expression in a command: {step['run']}")
        script = self.directory / f"step-{index}.sh"
        script.write_text(step["run"])
        files = {name: self.directory / f"{name}-{index}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
        for path in files.values():
            path.touch()
        done = subprocess.run(
            [*SHELLS[step.get("shell")], script],
            cwd=self.workspace / step.get("working-directory", "."),
            env={
                **self.environment,
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(self.directory),
                **{name: str(path) for name, path in files.items()},
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
        )
        name = step.get("name", step["run"])
        with self.run.lock:
            self.run.steps.append(Step(self.label, name, done.returncode, done.stdout, done.stderr))
            self.run.summaries.append(files["GITHUB_STEP_SUMMARY"].read_text())
        if "id" in step:
            self.outputs[step["id"]] = {"outputs": assignments(files["GITHUB_OUTPUT"])}
        self.environment.update(assignments(files["GITHUB_ENV"]))
        return done.returncode


def check_keys(mapping, known, where):
    unknown = set(mapping) - known
    if unknown:
        raise WorkflowError(f"{where}: the driver does not know {', '.join(sorted(map(str, unknown)))}")


def needs_of(definition):
    needs = definition.get("needs", [])
    return [needs] if isinstance(needs, str) else needs


def in_order(definitions):
    """The jobs' names, each after those that it needs."""
    found, left = [], dict(definitions)
    while left:
        ready = [name for name, job in left.items() if set(needs_of(job)) <= set(found)]
        if not ready:
            raise WorkflowError(f"jobs that need each other, or what is not there: {', '.join(left)}")
        for name in ready:
            found.append(name)
            del left[name]
    return found


def condition(text, contexts, succeeded):
    """Whether an `if` holds. Without a function of the status in it, success is asked for as well."""
    functions = {
        "success": lambda: succeeded,
        "failure": lambda: not succeeded,
        "cancelled": lambda: False,
        "always": lambda: True,
    }
    if text is None:
        return succeeded
    inner = str(text).strip().removeprefix("${{").removesuffix("}}")
    if not any(name in inner for name in STATUS_FUNCTIONS) and not succeeded:
        return False
    return truth(evaluate(inner, contexts, functions))


def matrix(strategy, contexts, name):
    """The value sets of a matrix, and how many of them may run at a time."""
    check_keys(strategy, {"fail-fast", "max-parallel", "matrix"}, f"{name}: strategy")
    axes = interpolate_all(strategy.get("matrix", {}), contexts, str_only=False)
    if "exclude" in axes or ("include" in axes and len(axes) > 1):
        raise WorkflowError(f"{name}: the driver knows neither exclude nor include beside other axes")
    # Alone, each entry of include is a job of its own.
    sets = axes.get("include") or [dict(zip(axes, values)) for values in itertools.product(*axes.values())]
    if not 1 <= len(sets) <= MATRIX_LIMIT:
        raise WorkflowError(f"{name}: a matrix holds 1 to {MATRIX_LIMIT} jobs, found {len(sets)}")
    most = interpolate(strategy.get("max-parallel", MATRIX_LIMIT), contexts)
    if not isinstance(most, int):
        raise WorkflowError(f"{name}: max-parallel: expected a number, found {most!r}")
    return sets, most


def fill(declared, given):
    """Inputs with their defaults, checked against their declaration."""
    unknown = set(given) - set(declared)
    if unknown:
        raise WorkflowError(f"unknown inputs {', '.join(sorted(unknown))}")
    types = {"string": str, "number": (int, float), "boolean": bool}
    filled = {}
    for name, about in declared.items():
        if name not in given and about.get("required"):
            raise WorkflowError(f"the input {name} is missing")
        value = given.get(name, about.get("default", ""))
        if not isinstance(value, types[about["type"]]):
            raise WorkflowError(f"the input {name}: expected a {about['type']}, found {value!r}")
        filled[name] = value
    return filled


def interpolate_all(mapping, contexts, str_only=True):
    """A mapping with its expressions evaluated; as texts, which environments and outputs are."""
    found = {name: interpolate(value, contexts) for name, value in mapping.items()}
    return {name: as_text(value) for name, value in found.items()} if str_only else found


def assignments(path):
    """The NAME=VALUE lines, or NAME<<END blocks, of a file that a step wrote."""
    found, lines = {}, iter(path.read_text().splitlines())
    for line in lines:
        name, sign, value = line.partition("=")
        if "<<" in name:
            name, _, end = line.partition("<<")
            value = "\n".join(itertools.takewhile(lambda text, end=end: text != end, lines))
        elif not sign:
            raise WorkflowError(f"expected NAME=VALUE, found {line!r}")
        found[name] = value
    return found
