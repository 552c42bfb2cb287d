"""A fresh Azurite (Azure's own emulator of Blob Storage) on this machine, and tokens for it."""

import base64
import datetime
import hashlib
import hmac
import pathlib
import re
import subprocess
import tempfile
import threading
import urllib.parse
import urllib.request

import icechunk

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT = "devstoreaccount1"
# The emulator's well-known key.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
VERSION = "2021-12-02"


class Azurite:
    """A running emulator with one container; everything in it is gone when it stops."""

    def __init__(self, container="floe"):
        self.container = container
        self.directory = tempfile.TemporaryDirectory(prefix="azurite-")
        self.process = subprocess.Popen(
            [
                ROOT / "node_modules/.bin/azurite-blob",
                "--inMemoryPersistence",
                "--disableTelemetry",
                "--skipApiVersionCheck",
                "--loose",
                "--silent",
                "--blobHost", "127.0.0.1",
                "--blobPort", "0",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.directory.name,
            text=True,
        )
        self.endpoint = f"{self._address()}/{ACCOUNT}"
        self.sas = self.token("rwdlac")
        self._create()

    def _address(self):
        """What it prints once it listens."""
        said = []
        impatience = threading.Timer(120, self.process.kill)
        impatience.start()
        try:
            for line in self.process.stdout:
                said.append(line)
                found = re.search(r"successfully listen\w* (?:at|on) (http://\S+)", line)
                if found:
                    # Whatever else it says must not fill the pipe, where it would wait for a reader.
                    threading.Thread(target=self.process.stdout.read, daemon=True).start()
                    return found[1]
        finally:
            impatience.cancel()
        raise RuntimeError(f"Azurite ended with {self.process.wait()}: {''.join(said)}")

    def token(self, permissions, key=KEY):
        """An account SAS for containers and objects of the blob service.

        https://learn.microsoft.com/rest/api/storageservices/create-account-sas
        """
        expiry = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = [ACCOUNT, permissions, "b", "sco", "", expiry, "", "https,http", VERSION, "", ""]
        signature = hmac.new(base64.b64decode(key), "\n".join(fields).encode(), hashlib.sha256).digest()
        return urllib.parse.urlencode(
            {
                "sv": VERSION,
                "ss": "b",
                "srt": "sco",
                "sp": permissions,
                "se": expiry,
                "spr": "https,http",
                "sig": base64.b64encode(signature).decode(),
            }
        )

    def _create(self):
        url = f"{self.endpoint}/{self.container}?restype=container&{self.sas}"
        urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers={"Content-Length": "0"})).close()

    def variables(self, prefix):
        """What a repository's variables, or a process's environment, say of the store."""
        return {
            "AZURE_STORAGE_ACCOUNT": ACCOUNT,
            "AZURE_STORAGE_ENDPOINT": self.endpoint,
            "AZURE_CONTAINER": self.container,
            "ICECHUNK_PREFIX": prefix,
        }

    def repository(self, prefix):
        """The repository at a prefix, opened with Python's Icechunk."""
        storage = icechunk.azure_storage(
            account=ACCOUNT,
            container=self.container,
            prefix=prefix,
            access_key=KEY,
            config={"azure_storage_endpoint": self.endpoint, "allow_http": "true"},
        )
        return icechunk.Repository.open(storage)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.directory.cleanup()
