"""stac-fastapi-pgstac over PostgreSQL with PostGIS: what public catalogues run."""

import atexit
import glob
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile

import floe
from server import Server, free_port, services

DATABASE = "postgres"
# PostgreSQL refuses to run as root; its package brings this user along.
USER = "postgres"


def _program(name):
    """Debian keeps each version's programs in a folder of its own, outside of PATH."""
    found = glob.glob(f"/usr/lib/postgresql/*/bin/{name}")
    return max(found, key=lambda path: [int(number) for number in re.findall(r"\d+", path)])


class Postgres:
    """A PostgreSQL with a cluster of its own, which is removed with it."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="floe-postgres-")
        self.options = {}
        if os.getuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(self.directory, owner.pw_uid, owner.pw_gid)
            self.options = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        try:
            self.server = self._start()
        except BaseException:
            shutil.rmtree(self.directory)
            raise
        atexit.register(self.stop)

    def _start(self):
        data = f"{self.directory}/data"
        subprocess.run(
            [_program("initdb"), "--pgdata", data, "--username", USER, "--auth", "trust", "--encoding", "UTF8"]
            + ["--locale", "C.UTF-8", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.directory,
            env=floe.ENVIRONMENT,
            **self.options,
        )
        self.port = free_port()
        # Nothing here has to outlive a crash.
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
        }
        server = Server(
            [_program("postgres"), "-D", data]
            + [word for name, value in settings.items() for word in ("-c", f"{name}={value}")],
            # Ends without waiting for its clients.
            stop_signal=signal.SIGINT,
            cwd=self.directory,
            **self.options,
        )
        server.said("database system is ready to accept connections")
        return server

    @property
    def environment(self):
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": USER,
            "PGPASSWORD": "any",
            "PGDATABASE": DATABASE,
        }

    def stop(self):
        self.server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class StacApi:
    """A STAC API with one collection and its items."""

    def __init__(self, collection, items):
        self.postgres = Postgres()
        try:
            self._pypgstac("migrate")
            self._load("collections", [collection])
            self.add(items)
            self.server = Server(
                [services() / "python", "-m", "uvicorn", "stac_fastapi.pgstac.app:create_app", "--factory"]
                + ["--host", "127.0.0.1", "--port", "0", "--no-access-log"],
                self.postgres.environment,
            )
            self.url = self.server.said(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")[1]
        except BaseException:
            self.postgres.stop()
            raise

    def _pypgstac(self, *arguments):
        done = subprocess.run(
            [services() / "pypgstac", *arguments],
            env={**floe.ENVIRONMENT, **self.postgres.environment},
            capture_output=True,
            text=True,
            timeout=600,
        )
        if done.returncode:
            raise RuntimeError(f"pypgstac {arguments}: {done.stdout}\n{done.stderr}")

    def _load(self, what, documents):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / f"{what}.ndjson"
            path.write_text("".join(json.dumps(document) + "\n" for document in documents))
            self._pypgstac("load", what, str(path), "--method", "insert")

    def add(self, items):
        self._load("items", items)

    def remove(self, names):
        """Takes items out of the collection."""
        program = (
            "import json, psycopg, sys\n"
            "with psycopg.connect(options='-c search_path=pgstac,public') as connection:\n"
            "    for name in json.load(sys.stdin):\n"
            "        connection.execute('SELECT delete_item(%s)', [name])\n"
        )
        subprocess.run(
            [services() / "python", "-c", program],
            input=json.dumps(names),
            text=True,
            check=True,
            env={**floe.ENVIRONMENT, **self.postgres.environment},
            timeout=600,
        )

    def stop(self):
        self.server.stop()
        self.postgres.stop()
