"""What the tests over Azure share: an Azurite and a sandbox, and the processor between them."""

import json
import tempfile

import floe
import xarray as xr

from azurite import CONTAINER, PREFIX, Azurite

# Tiles of 40 pixels: big enough that a chunk is an object of its own, quick to process.
SETTINGS = ["--set", "grid.resolution=0.25", "--set", "years=[2021,2022]"]
STORE = f"az://{CONTAINER}/{PREFIX}"


class CloudCase(floe.Case):
    """A test with an Azurite of its own."""

    persistent = False

    @classmethod
    def setUpClass(cls):
        cls.source = floe.Sandbox("--years", "2021,2022", "--composites", "1")
        cls.addClassCleanup(cls.source.stop)

    def setUp(self):
        super().setUp()
        self.azurite = Azurite(tempfile.mkdtemp(dir=self.directory) if self.persistent else None)
        self.addCleanup(lambda: self.azurite.stop())
        self.settings = [*SETTINGS, *self.source.settings]

    def cloud(self, *arguments, environment=None, expect=0):
        """Runs the processor on the store in Azurite."""
        return self.floe(
            *arguments,
            store=STORE,
            settings=self.settings,
            environment=environment or self.azurite.environment(),
            expect=expect,
        )

    def cloud_json(self, *arguments, **options):
        return json.loads(self.cloud("--json", *arguments, **options).stdout)

    def cloud_dataset(self):
        session = self.azurite.repository().readonly_session("main")
        return xr.open_zarr(session.store, consolidated=False, mask_and_scale=False)

    def tile_commits(self):
        """The messages of all tile commits, newest first."""
        history = self.azurite.repository().ancestry(branch="main")
        return [info.message for info in history if info.message.startswith("Tile(")]

    def statuses(self):
        return {(tile["row"], tile["col"]): tile for tile in self.cloud_json("status")["tiles"]}

