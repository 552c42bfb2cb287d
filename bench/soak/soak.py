"""Many processes, a catalogue that misbehaves in every way at once, and SIGKILL: is what is stored right in the end?

Two sandboxes make the same granules from one seed. Over the one that behaves, one process fills a store: the oracle. Over the
other, which answers with errors, pages for people, empty lists and cut pages, breaks connections and lacks granules, a fleet of processes
fills a second store; one of them, drawn at random, is killed every few moments, and started again. When all are done
the missing granules appear, and the fleet runs again. Then `floe verify` must find nothing, and every pixel of every level must be the
oracle's.

    bench/soak/run [--seed N] [--tiles N] [--processes N] [--resolution DEGREES] [--kill-every SECONDS] [--minutes N]
"""

import argparse
import collections
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import icechunk
import numpy as np
import zarr

from floe import BINARY, ENVIRONMENT

icechunk.set_logs_filter("error")

YEAR = 2021
# Shares hit the first attempts at an address. A page ends after 40 items without a link, and larger ones than 100 time out.
FAULTS = (
    "429=0.05", "503=0.05", "403=0.05", "cut=0.05", "html=0.05", "empty=0.05", "token-404=0.05",
    "504=10", "504-over=100", "cut-pages=40", "strangers=2",
)  # fmt: skip
HOLES = 0.02
VARIABLES = ("avg_daytime_lst", "max_daytime_lst")


class Sandbox:
    def __init__(self, *options):
        command = [BINARY, "sandbox", "--port", "0", "--json", *map(str, options)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        self.said = json.loads(self.process.stdout.readline())

    def settings(self):
        days = self.said["due_days"]
        pairs = {"catalog.url": self.said["catalog_url"], "catalog.sign_url": self.said["sign_url"], "catalog.due_days": days}
        return [part for key, value in pairs.items() for part in ("--set", f"{key}={value}")]

    def fill(self):
        urllib.request.urlopen(urllib.request.Request(self.said["url"] + "/fill", method="POST")).read()

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Soak:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.random = random.Random(options.seed)
        self.deadline = time.monotonic() + 60 * options.minutes
        self.exits = collections.Counter()
        self.kills = 0

    def command(self, store, settings, *arguments):
        grid = ["--set", f"years={YEAR}", "--set", f"grid.resolution={self.options.resolution}"]
        return [BINARY, "--store", self.store(store), *grid, *settings, *map(str, arguments)]

    def store(self, name):
        return os.path.join(self.directory, name)

    def floe(self, store, settings, *arguments):
        return subprocess.run(
            self.command(store, settings, *arguments), cwd=self.directory, env=ENVIRONMENT, capture_output=True, text=True
        )

    def checked(self, store, settings, *arguments):
        done = self.floe(store, settings, *arguments)
        if done.returncode != 0:
            raise SystemExit(f"floe {' '.join(map(str, arguments))} exits with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def draw_tiles(self):
        """Leaves so many land tiles in the list, which all commands in this directory read."""
        path = self.store("tile_list.geojson")
        with open(path) as file:
            tiles = json.load(file)
        land = [feature["properties"] for feature in tiles["features"] if feature["properties"]["land"]]
        for properties in self.random.sample(land, max(0, len(land) - self.options.tiles)):
            properties["land"] = False
        with open(path, "w") as file:
            json.dump(tiles, file)

    def fleet(self, settings):
        """Runs every shard until it has ended well, killing one now and then."""
        count = self.options.processes
        running = {}
        waiting = dict.fromkeys(range(count), 0.0)
        next_kill = time.monotonic() + self.options.kill_every
        while waiting or running:
            now = time.monotonic()
            if now > self.deadline:
                for process in running.values():
                    process.kill()
                raise SystemExit(f"not done after {self.options.minutes} minutes: {dict(self.exits)}")
            for index in [index for index, at in waiting.items() if at <= now]:
                del waiting[index]
                running[index] = subprocess.Popen(
                    self.command("soaked", settings, "process", "--shard", f"{index}/{count}"),
                    cwd=self.directory, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
            if now >= next_kill and running:
                running[self.random.choice(sorted(running))].kill()
                self.kills += 1
                next_kill = now + self.options.kill_every * self.random.uniform(0.5, 1.5)
            for index, process in list(running.items()):
                code = process.poll()
                if code is None:
                    continue
                del running[index]
                self.exits[code] += 1
                if code != 0:
                    waiting[index] = now + 0.5
            time.sleep(0.05)

    def pixels(self, name):
        repository = icechunk.Repository.open(icechunk.local_filesystem_storage(self.store(name)))
        root = zarr.open_group(repository.readonly_session("main").store, mode="r")
        for level in root.attrs["multiscales"]["layout"]:
            group = root if level["asset"] == "." else root[level["asset"]]
            for variable in VARIABLES:
                yield f"{level['asset']}/{variable}", group[variable][:]

    def run(self):
        made = ("--seed", self.options.seed, "--years", YEAR, "--composites", 2)
        calm = Sandbox(*made)
        began = time.monotonic()
        try:
            self.checked("oracle", calm.settings(), "init")
            self.draw_tiles()
            self.checked("oracle", calm.settings(), "run", "--jobs", 2)
        finally:
            calm.stop()
        oracle_seconds = time.monotonic() - began
        faults = [part for fault in FAULTS for part in ("--fail", fault)]
        wild = Sandbox(*made, "--holes", HOLES, *faults)
        began = time.monotonic()
        try:
            settings = wild.settings()
            self.checked("soaked", settings, "init")
            self.fleet(settings)
            counts = json.loads(self.checked("soaked", settings, "--json", "status"))["counts"]
            wild.fill()
            self.fleet(settings)
            self.checked("soaked", settings, "overviews")
        finally:
            wild.stop()
        soaked_seconds = time.monotonic() - began
        after = json.loads(self.checked("soaked", [], "--json", "status"))["counts"]
        began = time.monotonic()
        verified = json.loads(self.floe("soaked", [], "--json", "verify").stdout)
        verify_seconds = time.monotonic() - began
        differing, compared = 0, 0
        for (name, soaked), (_, oracle) in zip(self.pixels("soaked"), self.pixels("oracle")):
            unequal = int(np.count_nonzero(soaked != oracle))
            if unequal:
                print(f"{name}: {unequal} pixels differ", file=sys.stderr)
            differing += unequal
            compared += int(np.count_nonzero(oracle))
        report = {
            "seed": self.options.seed, "processes": self.options.processes, "resolution": self.options.resolution,
            "oracle_seconds": round(oracle_seconds), "soaked_seconds": round(soaked_seconds), "kills": self.kills,
            "exits": {str(code): count for code, count in sorted(self.exits.items())},
            "with_holes": counts, "filled": after,
            "verify": {"seconds": round(verify_seconds, 1), "checked": verified["checked"], "problems": verified["problems"]},
            "pixels": {"compared": compared, "differing": differing},
        }  # fmt: skip
        print(json.dumps(report, indent=2))
        return 0 if differing == 0 and not verified["problems"] and not after["incomplete"] else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tiles", type=int, default=381)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--resolution", default="0.5")
    parser.add_argument("--kill-every", type=float, default=3.0)
    parser.add_argument("--minutes", type=float, default=30.0)
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="floe-soak-")
    try:
        return Soak(options, directory).run()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
