"""One store in Azure: credentials, what is written, and a history that others write to as well."""

import re
import subprocess
import unittest

import floe
import numpy as np
import zarr

from azurite import ACCOUNT
from cloud import CloudCase
from proxy import LossyProxy


class Credentials(CloudCase):
    def test_a_sas_token_of_four_permissions_and_an_account_key_both_suffice(self):
        token = self.azurite.environment(AZURE_STORAGE_SAS_TOKEN=self.azurite.sas("rwlc"))
        self.cloud("init", environment=token)
        self.cloud("process", "--tile", "4,19", environment=token)
        self.cloud("process", "--tile", "4,20")
        self.assertEqual(len(self.tile_commits()), 2)
        counts = self.cloud_json("status")["counts"]
        self.assertEqual(counts["processed"], 2)
        tile = self.cloud_dataset().avg_daytime_lst.values[:, 160:200, 760:800]
        self.assertGreater(np.count_nonzero(tile), 0)

    def test_without_a_url_the_four_variables_name_the_store(self):
        environment = {**floe.ENVIRONMENT, **self.azurite.environment()}
        subprocess.run(
            [floe.BINARY, *self.settings, "init"],
            cwd=self.directory,
            env=environment,
            check=True,
            capture_output=True,
            timeout=60,
        )
        self.assertIn("repo", self.azurite.objects())

    def test_refused_and_missing_credentials_end_with_77_and_no_token_is_printed(self):
        self.cloud("init")
        token = self.azurite.sas("rl")
        done = self.cloud(
            "process",
            "--tile",
            "4,19",
            environment=self.azurite.environment(AZURE_STORAGE_SAS_TOKEN=token),
            expect=77,
        )
        self.assertIn("refused access", done.stderr)
        self.assertNotIn("sig=", done.stdout + done.stderr)
        for wrong in ("A" * 43 + "=", "no key at all"):
            self.cloud("status", environment=self.azurite.environment(AZURE_STORAGE_ACCOUNT_KEY=wrong), expect=77)
        nothing = self.azurite.environment()
        del nothing["AZURE_STORAGE_ACCOUNT_KEY"]
        done = self.cloud("process", "--tile", "4,19", environment=nothing, expect=77)
        self.assertIn("AZURE_STORAGE_SAS_TOKEN", done.stderr)
        self.assertEqual(self.tile_commits(), [])

    def test_credentials_are_taken_as_people_paste_them(self):
        self.cloud("init")
        token = self.azurite.sas("rwlc")
        for pasted in (
            f'"{token}"',
            f"'?{token}'\n",
            f"https://{ACCOUNT}.blob.core.windows.net/tiles?{token}",
            f"BlobEndpoint=https://{ACCOUNT}.blob.core.windows.net/;SharedAccessSignature={token}",
        ):
            self.cloud("status", environment=self.azurite.environment(AZURE_STORAGE_SAS_TOKEN=pasted))
        account = {"AZURE_STORAGE_ACCOUNT": f"https://{ACCOUNT}.blob.core.windows.net/"}
        key = {"AZURE_STORAGE_ACCOUNT_KEY": f" {self.azurite.key[:40]}\n{self.azurite.key[40:]}\n"}
        self.cloud("status", environment={**self.azurite.environment(**key), **account})

    def test_what_is_no_token_is_named_by_its_variable_and_not_shown(self):
        token = self.azurite.sas("rwlc")
        for wrong, expected in (
            ("rubbish-token", "found no 'sv'"),
            (token.partition("&sig=")[0], "found no 'sig'"),
            (f"https://{ACCOUNT}.blob.core.windows.net/tiles", "a URL without a token"),
            (f"{token[:-9]} {token[-9:]}", "in its middle"),
        ):
            environment = self.azurite.environment(AZURE_STORAGE_SAS_TOKEN=wrong)
            done = self.cloud("status", environment=environment, expect=78)
            self.assertIn("AZURE_STORAGE_SAS_TOKEN", done.stderr)
            self.assertIn(expected, done.stderr)
            self.assertNotIn(wrong, done.stderr)
        expired = re.sub("se=[0-9]+", "se=2020", token)
        done = self.cloud("status", environment=self.azurite.environment(AZURE_STORAGE_SAS_TOKEN=expired), expect=77)
        self.assertIn("expired at 2020-", done.stderr)

    def test_plain_http_to_another_machine_is_refused_before_anything_is_sent(self):
        elsewhere = self.azurite.environment(endpoint="http://192.0.2.1:10000/account")
        done = self.cloud("status", environment=elsewhere, expect=78)
        self.assertIn("AZURE_ALLOW_HTTP", done.stderr)


class Commits(CloudCase):
    def test_a_tile_processed_twice_leaves_the_same_bytes_and_one_status(self):
        self.cloud("init")
        self.cloud("process", "--tile", "4,19")
        first = self.cloud_dataset().load()
        done = self.cloud("process", "--tile", "4,19")
        self.assertIn("already done", done.stderr + done.stdout)
        self.assertEqual(len(self.tile_commits()), 1)
        self.cloud("process", "--tile", "4,19", "--force")
        self.assertEqual(len(self.tile_commits()), 2)
        self.assertTrue(self.cloud_dataset().identical(first))
        self.assertEqual(self.cloud_json("status")["counts"]["processed"], 1)

    def commit_through(self, status):
        """Commits a tile while the answer to the write of the repository's object is lost once."""
        self.cloud("init")
        pending = ["first"]

        def loses(method, path):
            return method == "PUT" and path.split("?")[0].endswith("/repo") and bool(pending) and bool(pending.pop())

        proxy = LossyProxy(self.azurite.port, loses, status)
        self.addCleanup(proxy.stop)
        report = self.cloud_json(
            "process", "--tile", "4,19", environment=self.azurite.environment(endpoint=proxy.endpoint(ACCOUNT))
        )
        self.assertEqual(proxy.lost, 1)
        self.assertEqual(len(self.tile_commits()), 1)
        newest = next(iter(self.azurite.repository().ancestry(branch="main")))
        self.assertEqual(report["tiles"][0]["snapshot"], newest.id)
        self.assertEqual(report["tiles"][0]["outcome"], "processed")

    def test_a_commit_whose_connection_broke_after_it_landed_is_recognised(self):
        self.commit_through(status=None)

    def test_a_commit_that_landed_and_was_answered_with_500_is_recognised(self):
        self.commit_through(status=500)

    def test_foreign_commits_and_a_reset_branch_do_not_confuse_the_status(self):
        self.cloud("init")
        self.cloud("process", "--tile", "4,19")
        repository = self.azurite.repository()
        before = repository.lookup_branch("main")

        session = repository.writable_session("main")
        zarr.open_group(session.store, mode="a").attrs["note"] = "by hand"
        session.commit("Tile(row=4, col=20) was looked at by hand")
        self.cloud("process", "--tile", "4,20")
        statuses = self.statuses()
        self.assertEqual(statuses[4, 19]["status"], "processed")
        self.assertEqual(statuses[4, 20]["status"], "processed")
        self.assertEqual(self.cloud_json("status")["counts"]["processed"], 2)

        repository.reset_branch("main", before)
        statuses = self.statuses()
        self.assertEqual(statuses[4, 19]["status"], "processed")
        self.assertEqual(statuses[4, 20]["status"], "unprocessed")
        # What was cut off is processed again, on the branch as it is now.
        self.cloud("process", "--tile", "4,19", "4,20")
        self.assertEqual(len(self.tile_commits()), 2)
        self.assertEqual(self.cloud_json("status")["counts"]["processed"], 2)


if __name__ == "__main__":
    unittest.main()
