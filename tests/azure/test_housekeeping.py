"""`floe doctor` and `floe gc` over Azure."""

import time
import unittest

import numpy as np
import zarr

from cloud import CloudCase


class Doctor(CloudCase):
    def examine(self, *options, expect=0, environment=None):
        """What the doctor says of each check."""
        document = self.cloud_json("doctor", *options, expect=expect, environment=environment)
        self.assertEqual(document["healthy"], expect == 0)
        for check in document["checks"]:
            self.assertEqual("fix" in check, check["result"] == "failed", check)
        return {check["name"]: check for check in document["checks"]}

    def test_where_all_is_well_every_check_is_ok(self):
        self.cloud("init")
        self.azurite.allow_public_read()
        self.azurite.allow_origin("https://tiles.example.org")
        before = self.azurite.objects()
        checks = self.examine("--origin", "https://tiles.example.org")
        self.assertEqual({check["result"] for check in checks.values()}, {"ok"}, checks)
        names = ["store", "read", "schema", "write", "delete", "public read", "CORS", "catalogue", "signing"]
        self.assertEqual(list(checks), names)
        self.assertEqual(self.azurite.objects(), before, "nothing is left behind")

    def test_what_a_browser_lacks_is_named_with_the_command_that_mends_it(self):
        self.cloud("init")
        checks = self.examine(expect=77)
        self.assertEqual(checks["public read"]["result"], "failed")
        self.assertIn("--public-access blob", checks["public read"]["fix"])
        self.assertEqual(checks["CORS"]["result"], "skipped")

        self.azurite.allow_public_read()
        checks = self.examine("--origin", "https://tiles.example.org", expect=77)
        self.assertEqual(checks["public read"]["result"], "ok")
        self.assertIn("az storage cors add", checks["CORS"]["fix"])

        self.azurite.allow_origin("https://other.example.org")
        checks = self.examine("--origin", "https://tiles.example.org", expect=77)
        self.assertIn("https://tiles.example.org", checks["CORS"]["detail"])

        # A page may read objects, but not parts of them.
        self.azurite.allow_origin("*", headers="x-other")
        checks = self.examine("--origin", "https://tiles.example.org", expect=77)
        self.assertIn("preflight", checks["CORS"]["detail"])

    def test_credentials_that_may_only_read_fail_at_writing_and_those_that_may_not_delete_pass(self):
        self.cloud("init")
        self.azurite.allow_public_read()
        self.azurite.allow_origin("*")

        def token(permissions):
            return self.azurite.environment(AZURE_STORAGE_SAS_TOKEN=self.azurite.sas(permissions))

        checks = self.examine(expect=77, environment=token("rl"))
        self.assertEqual(checks["read"]["result"], "ok")
        self.assertEqual(checks["write"]["result"], "failed")
        self.assertIn("read, write, list and create", checks["write"]["fix"])
        checks = self.examine(environment=token("rwlc"))
        self.assertEqual(checks["write"]["result"], "ok")
        self.assertEqual(checks["delete"]["result"], "skipped")
        self.assertIn("floe gc", checks["delete"]["detail"])
        # Whoever only reads needs no credentials for a public store.
        nobody = self.azurite.environment()
        del nobody["AZURE_STORAGE_ACCOUNT_KEY"]
        checks = self.examine("--read-only", environment=nobody)
        self.assertEqual(checks["write"]["result"], "skipped")

    def test_a_store_that_is_missing_or_another_one_ends_with_78(self):
        checks = self.examine(expect=78)
        self.assertIn("floe init", checks["read"]["fix"])
        self.assertEqual(checks["write"]["result"], "skipped")
        self.assertEqual(self.azurite.objects(), [], "a place that init has yet to fill stays clean")
        self.cloud("init")
        self.azurite.allow_public_read()
        self.azurite.allow_origin("*")
        self.settings += ["--set", "years=[2020,2021]"]
        checks = self.examine(expect=78)
        self.assertEqual(checks["read"]["result"], "ok")
        self.assertEqual(checks["schema"]["result"], "failed")

    def test_an_unreachable_catalogue_or_token_endpoint_ends_with_69(self):
        self.cloud("init")
        self.azurite.allow_public_read()
        self.azurite.allow_origin("*")
        good = self.settings
        self.settings = [*good, "--set", "catalog.sign_url=http://127.0.0.1:9/sign", "--set", "read.attempts=1"]
        checks = self.examine(expect=69)
        self.assertEqual(checks["catalogue"]["result"], "ok")
        self.assertIn("catalog.sign_url", checks["signing"]["fix"])
        self.settings = [*good, "--set", "catalog.url=http://127.0.0.1:9", "--set", "read.attempts=1"]
        checks = self.examine(expect=69)
        self.assertEqual(checks["catalogue"]["result"], "failed")
        self.assertEqual(checks["signing"]["result"], "skipped")

    def test_the_text_names_each_check_and_its_fix(self):
        self.cloud("init")
        done = self.cloud("doctor", expect=77)
        self.assertIn("FAILED   public read", done.stdout)
        self.assertIn("fix: az storage", done.stdout)
        self.assertIn("1 of 9 checks failed", done.stderr)


class Garbage(CloudCase):
    def uncommitted(self):
        """A chunk that was uploaded and not committed, as a running job has it."""
        session = self.azurite.repository().writable_session("main")
        # Noise: what compresses well is kept within the manifest.
        noise = np.random.default_rng(6).integers(7500, 65535, (40, 40), dtype="uint16")
        zarr.open_group(session.store, mode="a")["avg_daytime_lst"][0, :40, :40] = noise
        self.noise = noise
        # Azurite's times are whole seconds; what is not surely older is left alone.
        time.sleep(2)
        return session

    def test_garbage_is_counted_first_and_removed_on_demand_and_the_history_stays(self):
        self.cloud("init")
        self.cloud("process", "--tile", "4,19", "4,20")
        self.uncommitted()
        repository = self.azurite.repository()
        before = [info.id for info in repository.ancestry(branch="main")]
        data = self.cloud_dataset().load()
        chunks = len(self.azurite.objects("chunks/"))

        counted = self.cloud_json("gc", "--older-than", "0")
        self.assertEqual((counted["chunks"], counted["deleted"]), (1, False))
        self.assertEqual(len(self.azurite.objects("chunks/")), chunks)

        removed = self.cloud_json("gc", "--older-than", "0", "--delete", "--idle")
        self.assertEqual((removed["chunks"], removed["deleted"]), (1, True))
        self.assertEqual(len(self.azurite.objects("chunks/")), chunks - 1)
        self.assertEqual([info.id for info in self.azurite.repository().ancestry(branch="main")], before)
        self.assertTrue(self.cloud_dataset().identical(data))
        self.assertEqual(self.cloud_json("status")["counts"]["processed"], 2)
        self.assertEqual(self.cloud_json("gc", "--older-than", "0")["objects"], 0)

    def test_what_a_running_job_has_uploaded_is_left_alone(self):
        self.cloud("init")
        session = self.uncommitted()
        self.assertEqual(self.cloud_json("gc", "--delete")["objects"], 0)
        session.commit("the job goes on")
        np.testing.assert_array_equal(self.cloud_dataset().avg_daytime_lst[0, :40, :40], self.noise)
        # An age that a job could be younger than is refused while jobs may run.
        done = self.cloud("gc", "--delete", "--older-than", "1", expect=64)
        self.assertIn("--idle", done.stderr)

    def test_without_the_permission_to_delete_it_says_so_and_ends_with_77(self):
        self.cloud("init")
        self.uncommitted()
        token = self.azurite.environment(AZURE_STORAGE_SAS_TOKEN=self.azurite.sas("rwlc"))
        done = self.cloud("gc", "--older-than", "0", "--delete", "--idle", environment=token, expect=77)
        self.assertIn("do not allow to delete", done.stderr)


if __name__ == "__main__":
    unittest.main()
