"""Running the processor and its sandbox, and reading what they leave, without any of their code."""

import asyncio
import functools
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
import urllib.request

import icechunk
import xarray as xr
from zarr.core.buffer import default_buffer_prototype

# That a local store is not safe by itself is known, and why the processor locks it.
icechunk.set_logs_filter("error")

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ["FLOE"]
# Nothing of the caller's own settings may leak into a test.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("AZURE_", "AWS_", "GOOGLE_", "ICECHUNK_", "FLOE_", "GITHUB_"))
}
# One year at half a degree: tiles of 20 x 20 pixels.
CONFIGURATION = """
years = [2021]
[grid]
resolution = 0.5
[catalog]
url = "{catalog_url}"
sign_url = "{sign_url}"
due_days = {due_days}
"""


def tile_list(land):
    """The project's list of tiles with only these as land."""
    document = json.loads((ROOT / "tile_list.geojson").read_text())
    for feature in document["features"]:
        place = feature["properties"]
        place["land"] = (place["row"], place["col"]) in land
    return json.dumps(document)


class Sandbox:
    """A running `floe sandbox`."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [BINARY, "sandbox", "--port", "0", "--json", *map(str, options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
        )
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox ended with {self.process.wait()} before it was ready")
        urls = json.loads(line)
        self.catalog_url, self.sign_url, self.url = urls["catalog_url"], urls["sign_url"], urls["url"]
        self.due_days = urls["due_days"]

    @property
    def settings(self):
        """What the processor must be told to find this one, and to miss nothing that it does not have."""
        return [
            *("--set", f"catalog.url={self.catalog_url}"),
            *("--set", f"catalog.sign_url={self.sign_url}"),
            *("--set", f"catalog.due_days={self.due_days}"),
        ]

    @property
    def configuration(self):
        """A small `floe.toml` that says the same."""
        return CONFIGURATION.format(
            catalog_url=self.catalog_url, sign_url=self.sign_url, due_days=self.due_days
        )

    def fill(self):
        """Fills the holes of its record."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/fill", method="POST")).close()

    def counts(self):
        """What it has been asked for."""
        with urllib.request.urlopen(f"{self.url}/stats") as answer:
            return json.load(answer)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        return code

    # --- the catalogue, as any other client would use it -------------------------------------------

    def items(self, south, north, year):
        """All items of a band of latitude and a year, page by page."""
        body = {
            "collections": ["modis-11A2-061"],
            "bbox": [-180, south, 180, north],
            "datetime": f"{year}-01-01T00:00:00Z/{year}-12-31T23:59:59Z",
            "limit": 200,
        }
        url, found = f"{self.catalog_url}/search", []
        while True:
            request = urllib.request.Request(
                url, json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request) as answer:
                page = json.load(answer)
            found += page["features"]
            following = [link for link in page["links"] if link["rel"] == "next"]
            if not following:
                return found
            url, body = following[0]["href"], {**body, **following[0].get("body", {})}

    def download(self, href):
        """A blob, with a token."""
        account, container = href.removeprefix(self.url).strip("/").split("/")[:2]
        with urllib.request.urlopen(f"{self.sign_url}/{account}/{container}") as answer:
            token = json.load(answer)["token"]
        with urllib.request.urlopen(f"{href}?{token}") as answer:
            return answer.read()


class RangeHandler(http.server.SimpleHTTPRequestHandler):
    """Python's file server, with single byte ranges."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        wanted = self.headers.get("Range")
        path = self.translate_path(self.path)
        if not wanted or not os.path.isfile(path):
            return super().do_GET()
        with open(path, "rb") as file:
            content = file.read()
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(content) - int(last))
        end = min(int(last) + 1, len(content)) if first and last else len(content)
        if start >= len(content):
            return self.send_error(416)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        self.wfile.write(content[start:end])


class Case(unittest.TestCase):
    """A test with a directory of its own, in which the processor runs."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="floe-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.store = os.path.join(self.directory, "store")

    def sandbox(self, *options):
        sandbox = Sandbox(*options)
        self.addCleanup(sandbox.stop)
        return sandbox

    def command(self, *arguments, store=None, settings=()):
        return [BINARY, "--store", store or self.store, *settings, *map(str, arguments)]

    def floe(self, *arguments, expect=0, environment=(), **options):
        """Runs the processor; fails the test where it exits otherwise than expected."""
        done = subprocess.run(
            self.command(*arguments, **options),
            cwd=self.directory,
            env={**ENVIRONMENT, **dict(environment)},
            capture_output=True,
            text=True,
            timeout=600,
        )
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *arguments, **options):
        """The one document that the processor prints with --json."""
        return json.loads(self.floe("--json", *arguments, **options).stdout)

    def session(self, store=None):
        storage = icechunk.local_filesystem_storage(store or self.store)
        return icechunk.Repository.open(storage).readonly_session("main")

    def dataset(self, store=None, **options):
        return xr.open_zarr(self.session(store).store, consolidated=False, **options)

    def chunk_file(self, key, store=None):
        """The file of a local store that holds a chunk, named as Zarr does: avg_daytime_lst/c/0/4/19."""
        wanted = asyncio.run(self.session(store).store.get(key, default_buffer_prototype())).to_bytes()
        directory = os.path.join(store or self.store, "chunks")
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                if file.read() == wanted:
                    return path
        raise AssertionError(f"no file of {directory} holds {key}")

    def serve(self, directory, handler=RangeHandler):
        """Serves a directory over HTTP with byte ranges, as any object store does; returns its URL."""
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(handler, directory=directory)
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def history(self):
        storage = icechunk.local_filesystem_storage(self.store)
        return list(icechunk.Repository.open(storage).ancestry(branch="main"))
