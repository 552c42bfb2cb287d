"""No token reaches a log, a summary, a document or a message, whatever the verb and however it fails."""

import concurrent.futures
import http.server
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse
import urllib.request

from azurite import ACCOUNT, CONTAINER
from fleet import FleetCase
from floe import BINARY, ENVIRONMENT, Sandbox, tile_list

# What each verb is called with here; a verb that is not named is called without arguments.
ARGUMENTS = {
    "process": ["--tile", "4,19"],
    "matrix": ["--list-batches"],
    "status": ["--png", "status.png", "--geojson", "status.geojson"],
    "quicklook": ["avg_daytime_lst", "2021", "--out", "quicklook.png"],
    # Served, it would run for ever.
    "sandbox": ["--export", "granules", "--positions", "h18v04", "--years", "2021", "--composites", "1"],
}
USING_A_STORE = {"init", "process", "run", "matrix", "status", "overviews", "quicklook"}
FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")
# A verb that cannot reach its store gives up after about a minute; they are tried side by side.
AT_A_TIME = 8
WRONG_KEY = "QUJD" * 16


def verbs():
    """The verbs that the help names."""
    text = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    listed = text.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines() if not line.startswith("  help ")]


class Echo(http.server.BaseHTTPRequestHandler):
    """A server that refuses every request and tells it back, query and headers included."""

    protocol_version = "HTTP/1.1"

    def refuse(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = f"http://{self.headers['Host']}{self.path}"
        told = f"<Error>refused: {url} '{urllib.parse.unquote(url)}' {self.headers}</Error>".encode()
        self.send_response(403, "Forbidden")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = refuse

    def log_message(self, *_):
        pass


class EchoServer(http.server.ThreadingHTTPServer):
    """A client that has heard enough and goes away is no event."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Secrets(FleetCase):
    """Runs every verb under many conditions and reads everything that it leaves for people."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tiles = tile_list({(4, 18), (4, 19)})
        cls.echo = EchoServer(("127.0.0.1", 0), Echo)
        threading.Thread(target=cls.echo.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.echo.server_close)
        cls.addClassCleanup(cls.echo.shutdown)
        cls.echo_url = f"http://127.0.0.1:{cls.echo.server_port}"

    def planted(self, *tokens):
        """Everything that must not be seen: keys, whole tokens, their signatures, written in any way."""
        texts = [self.azurite.key]
        for token in (self.sas, *tokens):
            signature = re.search(r"sig=([^&]+)", token)[1]
            texts += [token, signature, urllib.parse.unquote(signature)]
        return texts

    def said(self, verb, environment, arguments=(), settings=()):
        """Runs a verb; returns its exit code and everything that it showed or wrote for people."""
        with tempfile.TemporaryDirectory(dir=self.directory) as directory:
            configuration = os.path.join(directory, "floe.toml")
            with open(configuration, "w", encoding="utf-8") as file:
                file.write(self.configuration)
            with open(os.path.join(directory, "tile_list.geojson"), "w", encoding="utf-8") as file:
                file.write(self.tiles)
            files = {name: os.path.join(directory, name) for name in FILES}
            done = subprocess.run(
                [BINARY, "--json", *settings, verb, *ARGUMENTS.get(verb, []), *arguments],
                env={**ENVIRONMENT, **environment, **files},
                cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=400,
            )
            left = [done.stdout, done.stderr]
            for path, _, names in os.walk(directory):
                for name in names:
                    if "granules" not in path:
                        with open(os.path.join(path, name), "rb") as file:
                            left.append(file.read())
        return done.returncode, b"\n".join(left).decode(errors="replace")

    def check(self, cases, planted):
        """Runs cases side by side: each a verb with the exit codes it may have and how it is called."""
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            futures = {
                name: (codes, pool.submit(self.said, verb, **call)) for name, (verb, codes, call) in cases.items()
            }
        for name, (codes, future) in futures.items():
            code, text = future.result()
            with self.subTest(name):
                self.assertIn(code, codes, text)
                for secret in planted:
                    self.assertNotIn(secret, text)
                self.assertIsNone(re.search(r"sig(=|%3D)(?!\*\*\*)", text), text)

    def test_no_verb_shows_a_token_however_it_fails(self):
        right = {**self.azurite.variables("secret"), "AZURE_STORAGE_SAS_TOKEN": self.sas}
        forged = self.azurite.sas("rwdlac", key=WRONG_KEY)
        readers = self.azurite.sas("rl")
        nowhere = f"http://127.0.0.1:{closed_port()}/{ACCOUNT}"
        code, text = self.said("init", right)
        self.assertEqual(code, 0, text)
        conditions = {
            "a right token": (right, [0]),
            "a wrong signature": ({**right, "AZURE_STORAGE_SAS_TOKEN": forged}, [77]),
            "a token without write": ({**right, "AZURE_STORAGE_SAS_TOKEN": f"?{readers}"}, [0, 77]),
            "a wrong account key": ({**right, "AZURE_STORAGE_SAS_TOKEN": "", "AZURE_STORAGE_ACCOUNT_KEY": WRONG_KEY}, [69, 77, 65]),
            "an endpoint that tells everything back": ({**right, "AZURE_STORAGE_ENDPOINT": f"{self.echo_url}/{ACCOUNT}"}, [77]),
            "a prefix without a store": ({**right, "ICECHUNK_PREFIX": "elsewhere"}, [0, 78]),
        }
        cases = {}
        for condition, (environment, codes) in conditions.items():
            for verb in verbs():
                # The sandbox needs no store; the others judge one, and end by their judgement.
                allowed = [0] if verb == "sandbox" else codes if verb in USING_A_STORE else range(79)
                cases[f"{verb}: {condition}"] = (verb, allowed, {"environment": environment})
        # Every try is waited for: one verb that reads and one that writes will do.
        for verb in ("status", "init"):
            call = {"environment": {**right, "AZURE_STORAGE_ENDPOINT": nowhere}}
            cases[f"{verb}: nobody answers"] = (verb, [69], call)
        planted = self.planted(forged, readers)
        planted.append(WRONG_KEY)
        self.check(cases, planted)

    def test_a_token_in_a_stores_url_is_refused_and_not_repeated(self):
        environment = self.azurite.variables("secret")
        cases = {}
        for url in (f"az://{CONTAINER}/secret?{self.sas}", f"{self.azurite.endpoint}/{CONTAINER}/secret?{self.sas}"):
            for verb in ("init", "status"):
                call = {"environment": environment, "settings": ["--store", url]}
                cases[f"{verb} {url[:5]}"] = (verb, [64], call)
        cases["not a verb"] = (f"https://a/b?{self.sas}", [64], {"environment": environment})
        self.check(cases, self.planted())

    def test_the_tokens_of_the_catalogue_stay_hidden(self):
        right = {**self.azurite.variables("secret-catalogue"), "AZURE_STORAGE_SAS_TOKEN": self.sas}
        self.assertEqual(self.said("init", right)[0], 0)
        tokens, cases = [], {}
        for fault in ("403=1", "cut=1", "truncate=1", "missing-blob=1", "503=1"):
            sandbox = Sandbox("--years", 2021, "--composites", 1, "--fail", fault, "--fail-attempts", 99)
            self.addCleanup(sandbox.stop)
            settings = [*sandbox.settings, "--set", "read.attempts=2"]
            call = {"environment": right, "settings": settings}
            cases[f"process: {fault}"] = ("process", range(64, 79), call)
        signed = urllib.request.urlopen(f"{self.sandbox.sign_url}/modiseuwest/modis-061-cogs")
        with signed:
            tokens.append(urllib.parse.unquote(re.search(rb"sig=[^\"&]+", signed.read())[0].decode()))
        for key in ("catalog.url", "catalog.sign_url"):
            settings = [*self.sandbox.settings, "--set", f"{key}={self.echo_url}/api?sig=planted"]
            cases[f"process: {key} tells everything back"] = ("process", range(64, 79), {"environment": right, "settings": settings})
        self.check(cases, [*self.planted(), *tokens, "sig=planted"])


if __name__ == "__main__":
    unittest.main()
