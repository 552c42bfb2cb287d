"""The workflows from initialization to the whole world, as processes against Azurite and the sandbox."""

import hashlib
import json
import subprocess
import tarfile
import unittest

import xarray as xr
import zarr

from azurite import CONTAINER
from fleet import FleetCase, land_tiles
from floe import ENVIRONMENT
from workflow_run import MOST


class WholeWorld(FleetCase):
    """All 381 land tiles, from the empty container on."""

    def test_every_tile_lands_once_and_a_second_run_dispatches_nothing(self):
        prefix = "world"
        # There is no release yet: floe is built.
        initialized = self.dispatched(self.new_run(prefix), "initialize_store.yml")
        self.assertIn("has no release yet", initialized.log())
        self.assertEqual(self.committed(prefix), [])

        self.release("v1.0.0")
        run = self.dispatched(self.new_run(prefix), "process_all_tiles.yml", tiles_per_job="4", batch_size="64")
        self.assertIn("v1.0.0", run.log())
        self.assertGreater(sum("/ List the jobs" in job for job in run.jobs), 1, "there was but one batch")
        self.assertLessEqual(run.most_running, MOST)
        self.assertGreater(run.most_running, MOST // 2)

        committed = self.committed(prefix)
        tiles = [tile for tile, _ in committed]
        self.assertEqual(len(tiles), len(set(tiles)), "a tile was committed twice")
        self.assertEqual(set(tiles), land_tiles())
        self.assertEqual(len(tiles), 381)
        self.check_pixels(prefix, dict(committed))
        self.check_status(prefix, set(tiles))
        self.assertIn("381 of 381 land tiles done", "".join(run.summaries))
        self.assertEqual(sum(summary.startswith("### Tiles") for summary in run.summaries), len(run.jobs) - 4)

        again = self.dispatched(self.new_run(prefix), "process_all_tiles.yml", tiles_per_job="4")
        self.assertEqual(
            again.jobs,
            {"Fetch or build floe, list the batches": "success", "batch": "skipped", "Overviews and status": "success"},
        )
        self.assertEqual(self.committed(prefix), committed)
        self.assertIn("381 of 381 land tiles done", "".join(again.summaries))

        single = self.dispatched(self.new_run(prefix), "process_single_tile.yml", tile="4,19")
        self.assertIn("| 4,19 | 10..20° E, 40..50° N | skipped, already done |", "".join(single.summaries))
        self.assertEqual(self.committed(prefix), committed)

    def check_pixels(self, prefix, valid):
        """Every chunk is there and holds as many values as its commit tells."""
        session = self.azurite.repository(prefix).readonly_session("main")
        dataset = xr.open_zarr(session.store, consolidated=False, mask_and_scale=False)
        for variable in ("avg_daytime_lst", "max_daytime_lst"):
            values = dataset[variable].sel(year=2021).values
            for (row, col), expected in valid.items():
                tile = values[row * 20 : row * 20 + 20, col * 20 : col * 20 + 20]
                self.assertEqual((tile > 0).sum(), expected, (variable, row, col))
        self.assertGreater(sum(valid.values()), 30_000)

    def check_status(self, prefix, tiles):
        """`floe status` says the same as the history that Python's Icechunk reads."""
        configuration = self.directory / "floe.toml"
        configuration.write_text(self.configuration)
        done = subprocess.run(
            [self.binary, "--config", configuration, "--json", "status"],
            env={**ENVIRONMENT, **self.azurite.variables(prefix), "AZURE_STORAGE_SAS_TOKEN": self.sas},
            cwd=self.directory, capture_output=True, text=True, check=True,
        )
        status = json.loads(done.stdout)
        self.assertEqual(
            status["counts"],
            {"processed": 381, "incomplete": 0, "nodata": 0, "unaccounted": 0, "unprocessed": 0, "ocean": 267},
        )
        processed = {(tile["row"], tile["col"]) for tile in status["tiles"] if tile["status"] == "processed"}
        self.assertEqual(processed, tiles)
        history = {snapshot.id for snapshot in self.azurite.repository(prefix).ancestry(branch="main")}
        self.assertLessEqual({tile["snapshot"] for tile in status["tiles"]} - {None}, history)


class SmallWorld(FleetCase):
    """What needs but a few tiles."""

    LAND = {(4, 18), (4, 19), (5, 20)}

    def test_a_batch_that_is_planned_late_sees_the_same_list(self):
        prefix, land = "late", {(2, 3), (2, 30), (4, 18), (4, 20), (5, 20)}
        self.dispatched(self.new_run(prefix, land), "initialize_store.yml", release="build")
        run = self.new_run(prefix, land)
        run.one_by_one = True
        self.dispatched(run, "process_all_tiles.yml", release="build", tiles_per_job="1", batch_size="2")
        self.assertEqual(sum("/ List the jobs" in job for job in run.jobs), 3)
        # In the order of the list: each batch was planned when those before it were committed.
        self.assertEqual([tile for tile, _ in self.committed(prefix)], sorted(land))

    def test_a_token_without_write_fails_the_jobs_and_the_status_is_still_shown(self):
        prefix = "readers"
        self.dispatched(self.new_run(prefix, self.LAND), "initialize_store.yml", release="build")
        readers = self.new_run(prefix, self.LAND, sas=self.azurite.sas("rl"))
        self.dispatched(readers, "process_all_tiles.yml", "failure", release="build", tiles_per_job="1")
        codes = {step.code for step in readers.steps if step.name == "Process"}
        self.assertEqual(codes, {77})
        self.assertIn("0 of 3 land tiles done", "".join(readers.summaries))
        self.assertEqual(self.committed(prefix), [])
        # With the right token the same list is done.
        self.dispatched(self.new_run(prefix, self.LAND), "process_all_tiles.yml", release="build", tiles_per_job="1")
        self.assertEqual({tile for tile, _ in self.committed(prefix)}, self.LAND)

    def test_a_fork_with_a_recipe_of_its_own_makes_that_dataset(self):
        prefix = "fork"
        shown = subprocess.run([self.binary, "recipe", "show", "modis-lst"], capture_output=True, check=True, text=True).stdout
        head = shown.split("[[variable]]")[0].replace("[grid]", "[grid]\nbounds = [0, 40, 20, 50]\nland = false")
        lowest = {"name": "lowest", "band": "lst", "statistic": "minimum", "type": "uint16", "units": "K", "long_name": "Lowest"}
        variable = "".join(f"{key} = {json.dumps(value)}\n" for key, value in {**lowest, "scale": 0.02, "fill": 0}.items())
        replaced = {
            "floe.toml": f'recipe = "recipes/lowest.toml"\n{self.configuration}',
            "recipes/lowest.toml": f"{head}[[variable]]\n{variable}",
        }
        self.dispatched(self.new_run(prefix, replaced=replaced), "initialize_store.yml", release="build")
        run = self.new_run(prefix, replaced=replaced)
        self.dispatched(run, "process_all_tiles.yml", release="build", tiles_per_job="1")
        self.assertEqual({tile for tile, _ in self.committed(prefix)}, {(4, 18), (4, 19)})
        self.assertIn("2 of 2 tiles done", "".join(run.summaries))
        root = zarr.open_group(self.azurite.repository(prefix).readonly_session("main").store, mode="r")
        self.assertEqual((set(root.array_keys()) & {"lowest", "avg_daytime_lst"}), {"lowest"})
        self.assertTrue((root["lowest"][:] > 0).any())

    def test_a_release_that_is_not_what_was_built_is_refused(self):
        release = self.release("v9.0.0")
        self.dispatched(self.new_run("released"), "initialize_store.yml", release="v9.0.0")
        archive = release / "floe-x86_64-unknown-linux-gnu.tar.gz"
        right = archive.read_bytes()
        archive.write_bytes(right + b"more")
        damaged = self.dispatched(self.new_run("refused"), "initialize_store.yml", "failure", release="v9.0.0")
        self.assertIn("computed checksum did NOT match", damaged.log())
        checksum = release / f"{archive.name}.sha256"
        checksum.write_text(f"{hashlib.sha256(right + b'more').hexdigest()}  {archive.name}\n")
        forged = self.dispatched(self.new_run("refused"), "initialize_store.yml", "failure", release="v9.0.0")
        self.assertIn("no attestation", forged.log())
        missing = self.dispatched(self.new_run("refused"), "initialize_store.yml", "failure", release="v8.0.0")
        self.assertIn("release v8.0.0 not found", missing.log())
        self.assertFalse(any(step.name == "Initialize" for run in (damaged, forged, missing) for step in run.steps))


class Publishing(FleetCase):
    """Releases and the map."""

    def test_a_release_has_an_archive_and_a_checksum_for_every_system(self):
        release = self.release("v2.0.0")
        archives = sorted(path.name for path in release.glob("*.tar.gz"))
        self.assertEqual(
            archives,
            [
                "floe-aarch64-apple-darwin.tar.gz",
                "floe-aarch64-unknown-linux-gnu.tar.gz",
                "floe-x86_64-pc-windows-msvc.tar.gz",
                "floe-x86_64-unknown-linux-gnu.tar.gz",
            ],
        )
        for name in archives:
            program = "floe.exe" if "windows" in name else "floe"
            with tarfile.open(release / name) as archive:
                self.assertEqual(sorted(archive.getnames()), sorted([program, "LICENSE", "README.md", "floe.toml"]))
                self.assertTrue(archive.getmember(program).mode & 0o100)
            digest, listed = (release / f"{name}.sha256").read_text().split()
            self.assertEqual((digest, listed), (hashlib.sha256((release / name).read_bytes()).hexdigest(), name))

    # What builds the page and the demo's store takes minutes and has tests of its own.
    BUILT = {
        "script/page": '#!/bin/sh\necho page >"$2/index.html" && cp viewer/assets/floe-page.json "$2"\n',
        "script/demo": '#!/bin/sh\nmkdir -p data/demo/store && echo history >data/demo/store/repo\n',
    }

    def test_a_fork_without_variables_publishes_the_map_over_a_store_of_its_own(self):
        run = self.dispatched(self.new_run(None, replaced=self.BUILT), "deploy-map.yml")
        published = run.directory / "published"
        self.assertEqual((published / "store/repo").read_text(), "history\n")
        self.assertEqual(json.loads((published / "floe-page.json").read_text())["store"], "store")

    def test_with_variables_the_map_reads_the_fleets_store(self):
        run = self.dispatched(self.new_run("world", replaced=self.BUILT), "deploy-map.yml")
        published = run.directory / "published"
        address = f"{self.azurite.endpoint}/{CONTAINER}/world"
        self.assertEqual(json.loads((published / "floe-page.json").read_text())["store"], address)
        self.assertFalse((published / "store").exists())


if __name__ == "__main__":
    unittest.main()
