"""A running Azurite, and the few requests to it that neither the processor nor icechunk make."""

import base64
import datetime
import email.utils
import hashlib
import hmac
import os
import pathlib
import re
import secrets
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

import icechunk

ACCOUNT = "floetest"
CONTAINER = "tiles"
PREFIX = "world"
VERSION = "2021-12-02"
PROGRAM = pathlib.Path(__file__).parents[2] / "node_modules/azurite/dist/src/blob/main.js"


def _sign(text, key):
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


class Azurite:
    """Azurite with an account of a random key and one container. In a directory it keeps its blobs over a restart."""

    def __init__(self, directory=None):
        self.key = base64.b64encode(secrets.token_bytes(32)).decode()
        self.directory = directory
        self.port = 0
        self.start()
        self.request("PUT", f"/{CONTAINER}", {"restype": "container"})

    def start(self):
        place = ["--location", self.directory] if self.directory else ["--inMemoryPersistence"]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["node", PROGRAM, "--blobHost", "127.0.0.1", "--blobPort", str(self.port)]
            + ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--loose", *place],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{self.key}"},
        )
        self.port = int(self._said(rb"successfully listens on http://127\.0\.0\.1:(\d+)")[1])

    def _said(self, pattern):
        """The match of what it says within a minute."""
        overdue = time.monotonic() + 60
        while True:
            ended = self.process.poll() is not None or time.monotonic() > overdue
            log = os.pread(self.log.fileno(), 1 << 20, 0)
            if found := re.search(pattern, log):
                return found
            if ended:
                self.process.kill()
                raise RuntimeError(f"Azurite ended, or took a minute, without {pattern}: {log.decode()}")
            time.sleep(0.02)

    def stop(self):
        """Ends it without waiting for its clients: Azurite itself stays for as long as one of them keeps a
        connection open. A persistent one first writes its list of blobs, which it keeps in memory for seconds.
        """
        try:
            if self.directory:
                self.process.terminate()
                self._said(rb"successfully closed")
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    @property
    def store_url(self):
        """Where a browser finds the store."""
        return f"{self.endpoint}/{CONTAINER}/{PREFIX}"

    # --- who may do what ----------------------------------------------------------------------------

    def variables(self, prefix=PREFIX, endpoint=None):
        """What an environment says of the store, but for the credentials."""
        return {
            "AZURE_STORAGE_ACCOUNT": ACCOUNT,
            "AZURE_CONTAINER": CONTAINER,
            "ICECHUNK_PREFIX": prefix,
            "AZURE_STORAGE_ENDPOINT": endpoint or self.endpoint,
        }

    def environment(self, endpoint=None, **credentials):
        """What the processor needs to write here: by the account's key, or as `credentials` say."""
        return {**self.variables(endpoint=endpoint), **(credentials or {"AZURE_STORAGE_ACCOUNT_KEY": self.key})}

    def sas(self, permissions, key=None):
        """An account SAS for blobs, such as `rwlc`.

        https://learn.microsoft.com/rest/api/storageservices/create-account-sas
        """
        expiry = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
        fields = {
            "sp": permissions,
            "ss": "b",
            "srt": "sco",
            "st": "",
            "se": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sip": "",
            "spr": "https,http",
            "sv": VERSION,
            "ses": "",
        }
        signature = _sign("\n".join([ACCOUNT, *fields.values()]) + "\n", key or self.key)
        present = {name: value for name, value in fields.items() if value}
        return urllib.parse.urlencode({**present, "sig": signature})

    def allow_public_read(self):
        self.request(
            "PUT", f"/{CONTAINER}", {"restype": "container", "comp": "acl"}, {"x-ms-blob-public-access": "blob"}
        )

    def allow_origin(self, origin, headers="range"):
        """CORS, as `az storage cors add` sets it."""
        rule = (
            f"<AllowedOrigins>{origin}</AllowedOrigins><AllowedMethods>GET,HEAD,OPTIONS</AllowedMethods>"
            f"<AllowedHeaders>{headers}</AllowedHeaders><ExposedHeaders>content-range</ExposedHeaders>"
            "<MaxAgeInSeconds>86400</MaxAgeInSeconds>"
        )
        body = (
            '<?xml version="1.0" encoding="utf-8"?><StorageServiceProperties>'
            f"<Cors><CorsRule>{rule}</CorsRule></Cors></StorageServiceProperties>"
        )
        self.request("PUT", "/", {"restype": "service", "comp": "properties"}, body=body.encode())

    # --- requests signed with the account's key -----------------------------------------------------

    def request(self, method, path, query, headers=(), body=b""):
        """https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key"""
        headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": VERSION, **dict(headers)}
        if body:
            headers["Content-Type"] = "application/xml"
        canonical_headers = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()) if name[0] == "x")
        # The account stands twice: as the owner, and in the path of this endpoint.
        resource = f"/{ACCOUNT}/{ACCOUNT}{path}" + "".join(f"\n{name}:{query[name]}" for name in sorted(query))
        length = str(len(body)) if body else ""
        content_type = headers.get("Content-Type", "")
        text = f"{method}\n\n\n{length}\n\n{content_type}\n\n\n\n\n\n\n{canonical_headers}{resource}"
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{_sign(text, self.key)}"
        request = urllib.request.Request(
            f"{self.endpoint}{path}?{urllib.parse.urlencode(query)}", body or None, headers, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def put(self, name, content):
        """Writes a blob below the store's prefix."""
        self.request("PUT", f"/{CONTAINER}/{PREFIX}/{name}", {}, {"x-ms-blob-type": "BlockBlob"}, content)

    # --- the repository, without the processor ------------------------------------------------------

    def repository(self, prefix=PREFIX):
        storage = icechunk.azure_storage(
            account=ACCOUNT,
            container=CONTAINER,
            prefix=prefix,
            access_key=self.key,
            config={"azure_storage_endpoint": self.endpoint, "allow_http": "true"},
        )
        return icechunk.Repository.open(storage)

    def objects(self, folder=""):
        """Names of the blobs below a folder of the store."""
        names, marker = [], ""
        while True:
            query = {"restype": "container", "comp": "list", "prefix": f"{PREFIX}/{folder}"}
            if marker:
                query["marker"] = marker
            page = self.request("GET", f"/{CONTAINER}", query).decode()
            names += re.findall(r"<Name>([^<]+)</Name>", page)
            if not (found := re.search(r"<NextMarker>([^<]+)</NextMarker>", page)):
                return [name.removeprefix(f"{PREFIX}/") for name in names]
            marker = found[1]
