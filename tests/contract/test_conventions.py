"""The metadata of a new store, judged by the conventions' own validators and by GDAL."""

import os
import shutil
import unittest

import rasterio.crs
import zarr
import zarr_cm.multiscales
import zarr_cm.proj
import zarr_cm.spatial

import reader
from floe import Case

VALIDATORS = {"multiscales": zarr_cm.multiscales, "proj": zarr_cm.proj, "spatial": zarr_cm.spatial}
GRIDS = {"0.1": "level of 1800 x 3600", "0.05": "two overviews", "0.01": "the dataset's own"}


def groups(root):
    """Every group with the asset that it is of `multiscales.layout`."""
    for level in root.attrs["multiscales"]["layout"]:
        yield level, root if level["asset"] == "." else root[level["asset"]]


class Conventions(Case):
    def created(self, resolution):
        store = f"{self.store}-{resolution}"
        self.floe("init", store=store, settings=["--set", f"grid.resolution={resolution}"])
        return zarr.open_group(self.session(store).store, mode="r")

    def test_each_group_declares_the_conventions_that_it_follows_and_they_find_nothing(self):
        for resolution, grid in GRIDS.items():
            root = self.created(resolution)
            for level, group in groups(root):
                with self.subTest(grid=grid, level=level["asset"]):
                    document = group.metadata.to_dict()
                    declared = {entry["name"] for entry in document["attributes"]["zarr_conventions"]}
                    present = {name.partition(":")[0] for name in document["attributes"]} & set(VALIDATORS)
                    self.assertEqual(declared, present)
                    for name in declared:
                        VALIDATORS[name].validate_group_metadata(document)

    def test_a_box_ends_where_the_pixels_of_its_level_end(self):
        for resolution in GRIDS:
            for level, group in groups(self.created(resolution)):
                with self.subTest(resolution=resolution, level=level["asset"]):
                    edge, _, west, _, _, north = group.attrs["spatial:transform"]
                    rows, cols = group.attrs["spatial:shape"]
                    self.assertEqual(group["avg_daytime_lst"].shape[1:], (rows, cols))
                    for found, expected in zip(
                        group.attrs["spatial:bbox"], (west, north - rows * edge, west + cols * edge, north)
                    ):
                        self.assertAlmostEqual(found, expected, places=9)
        self.assertEqual(self.created("0.01")["5"].attrs["spatial:bbox"], [-180, -90.16, 180, 90])

    def test_the_coordinate_system_is_text_of_iso_19162_that_gdal_takes_for_epsg_4326(self):
        root = self.created("0.05")
        expected = rasterio.crs.CRS.from_epsg(4326)
        for _, group in groups(root):
            mapping = group["spatial_ref"].attrs
            self.assertEqual(group.attrs["proj:code"], "EPSG:4326")
            for text in (group.attrs["proj:wkt2"], mapping["crs_wkt"], mapping["spatial_ref"]):
                self.assertTrue(text.startswith("GEOGCRS["), text)
                self.assertEqual(rasterio.crs.CRS.from_wkt(text), expected)
                self.assertEqual(rasterio.crs.CRS.from_wkt(text).to_epsg(), 4326)

    def test_overviews_say_how_their_cells_came_about_and_the_years_their_range(self):
        root = self.created("0.01")
        self.assertEqual(root["year"].attrs["actual_range"], [2020, 2022])
        for level, group in groups(root):
            spatial = "" if level["asset"] == "." else " area: mean"
            for name, method in (("avg_daytime_lst", "mean"), ("max_daytime_lst", "maximum")):
                self.assertEqual(group[name].attrs["cell_methods"], f"year: {method}{spatial}")

    def test_the_map_learns_the_years_from_the_schema_and_asks_for_no_manifest(self):
        settings = ["--set", "grid.resolution=0.5", "--set", "years=[2019,2020,2021]"]
        self.floe("init", settings=settings)
        # All that has chunks in an empty store are coordinates.
        shutil.rmtree(os.path.join(self.store, "manifests"))
        self.assertEqual(reader.read(self.store).years, [2019, 2020, 2021])

    def test_chunks_carry_a_checksum_so_that_no_reader_takes_a_flipped_bit_for_data(self):
        archive = self.sandbox("--years", "2021", "--composites", "2")
        settings = [*archive.settings, "--set", "years=2021", "--set", "grid.resolution=0.1"]
        self.floe("init", settings=settings)
        self.floe("process", "--tile", "9,20", settings=settings)
        self.assertTrue(self.dataset().avg_daytime_lst.sel(latitude=-5, longitude=25, method="nearest").load().notnull())
        with open(self.chunk_file("avg_daytime_lst/c/0/9/20"), "r+b") as file:
            content = bytearray(file.read())
            content[len(content) // 2] ^= 1
            file.seek(0)
            file.write(content)
        with self.assertRaises(Exception) as raised:
            self.dataset().avg_daytime_lst[0, 900:1000, 2000:2100].load()
        self.assertIn("Zstd", str(raised.exception))
        self.assertIn("checksum", reader.refusal(self.store))


if __name__ == "__main__":
    unittest.main()
