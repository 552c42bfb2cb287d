"""A running Azurite, and the few requests to it that neither the processor nor icechunk make."""

import base64
import datetime
import email.utils
import hashlib
import hmac
import os
import re
import secrets
import subprocess
import tempfile
import urllib.parse
import urllib.request

import icechunk

ACCOUNT = "floetest"
CONTAINER = "tiles"
PREFIX = "world"
VERSION = "2021-12-02"


class Azurite:
    """Azurite with an account of a random key. `persistent` keeps its blobs over a restart."""

    def __init__(self, directory, persistent=False):
        self.key = base64.b64encode(secrets.token_bytes(32)).decode()
        self.directory = directory if persistent else None
        self.port = 0
        self.start()
        self.request("PUT", f"/{CONTAINER}", {"restype": "container"})

    def start(self):
        place = ["--location", self.directory] if self.directory else ["--inMemoryPersistence"]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["node", os.environ["FLOE_AZURITE"], "--blobHost", "127.0.0.1", "--blobPort", str(self.port)]
            + ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--loose", *place],
            stdout=subprocess.PIPE,
            stderr=self.log,
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{self.key}"},
        )
        for line in self.process.stdout:
            if found := re.search(rb"successfully listens on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                return
        raise RuntimeError(f"Azurite ended with {self.process.wait()} before it was ready")

    def stop(self):
        """Ends it in order: Azurite keeps its list of blobs in memory for seconds before it writes it."""
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        self.log.close()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    @property
    def store_url(self):
        """Where a browser finds the store."""
        return f"{self.endpoint}/{CONTAINER}/{PREFIX}"

    # --- who may do what ----------------------------------------------------------------------------

    def environment(self, endpoint=None, **credentials):
        """What the processor needs to write here: by the account's key, or as `credentials` say."""
        return {
            "AZURE_STORAGE_ACCOUNT": ACCOUNT,
            "AZURE_CONTAINER": CONTAINER,
            "ICECHUNK_PREFIX": PREFIX,
            "AZURE_STORAGE_ENDPOINT": endpoint or self.endpoint,
            **(credentials or {"AZURE_STORAGE_ACCOUNT_KEY": self.key}),
        }

    def sas(self, permissions):
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
        signature = self._sign("\n".join([ACCOUNT, *fields.values()]) + "\n")
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
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{self._sign(text)}"
        request = urllib.request.Request(
            f"{self.endpoint}{path}?{urllib.parse.urlencode(query)}", body or None, headers, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def _sign(self, text):
        digest = hmac.new(base64.b64decode(self.key), text.encode(), hashlib.sha256)
        return base64.b64encode(digest.digest()).decode()

    def put(self, name, content):
        """Writes a blob below the store's prefix."""
        self.request("PUT", f"/{CONTAINER}/{PREFIX}/{name}", {}, {"x-ms-blob-type": "BlockBlob"}, content)

    # --- the repository, without the processor ------------------------------------------------------

    def repository(self):
        storage = icechunk.azure_storage(
            account=ACCOUNT,
            container=CONTAINER,
            prefix=PREFIX,
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
