"""What holds for every workflow file, whatever it does."""

import re
import unittest

from workflow_run import WORKFLOWS, load

PINNED = re.compile(r"\s*-? ?uses: (\./\.github/workflows/\w+\.yml( # zizmor: .*)?|[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)")
FILES = sorted(path.name for path in WORKFLOWS.glob("*.yml"))


def jobs():
    for name in FILES:
        for job, definition in load(name)["jobs"].items():
            yield f"{name}: {job}", definition


class Workflows(unittest.TestCase):
    def test_all_of_them_are_there(self):
        for name in ("ci", "deploy-map", "initialize_store", "process_all_tiles", "process_single_tile", "process_tile_batch", "release"):
            self.assertIn(f"{name}.yml", FILES)

    def test_actions_are_pinned_by_commit_with_their_version(self):
        for name in FILES:
            for line in (WORKFLOWS / name).read_text().splitlines():
                if "uses:" in line:
                    self.assertRegex(line, PINNED, name)

    def test_nothing_is_permitted_but_by_a_job(self):
        for name in FILES:
            self.assertEqual(load(name)["permissions"], {}, name)
        for where, job in jobs():
            self.assertNotIn("write-all", str(job["permissions"]), where)

    def test_every_job_ends_and_no_matrix_fails_fast(self):
        for where, job in jobs():
            if "uses" not in job:
                self.assertLessEqual(job["timeout-minutes"], 180, where)
            if "strategy" in job:
                self.assertIs(job["strategy"]["fail-fast"], False, where)

    def test_secrets_reach_the_environment_of_single_steps_alone(self):
        for where, job in jobs():
            for step in job.get("steps", []):
                held = step.pop("env", {})
                names = [name for name, value in held.items() if re.search(r"secrets\.|github\.token", str(value))]
                for name in names:
                    self.assertNotIn(name, step["run"], where)
                self.assertNotIn("${{", step.get("run", ""), where)
            job.pop("secrets", None)
            self.assertNotIn("secrets", str(job), where)
            self.assertNotIn("github.token", str(job), where)
        for name in FILES:
            self.assertNotIn("secrets", str(load(name).get("env")), name)

    def test_what_writes_to_a_shared_place_takes_turns(self):
        for name in FILES:
            document = load(name)
            if "workflow_call" not in document["on"]:
                self.assertIn("group", document["concurrency"], name)


if __name__ == "__main__":
    unittest.main()
