"""Servers of the tests: each is started on a free port, waited for, and ended by its own process id."""

import atexit
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

import floe

# How long a server may take to be ready: long, for machines that do much else.
PATIENCE = 180


def services():
    """The folder of the programs that script/bootstrap's part `services` brings along."""
    return pathlib.Path(os.environ["FLOE_SERVICES"]) / "bin"


def free_port():
    """A port that was free a moment ago, for programs that cannot take any free one by themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait(what, ready, patience=PATIENCE):
    """What `ready()` gives, once that is something."""
    overdue = time.monotonic() + patience
    while not (found := ready()):
        if time.monotonic() > overdue:
            raise RuntimeError(f"{what}: not so within {patience} s")
        time.sleep(0.05)
    return found


class Server:
    """A program that runs until it is stopped. What it says is kept, and shown where it does not start."""

    def __init__(self, command, environment=(), stop_signal=signal.SIGTERM, **options):
        self.name = pathlib.Path(str(command[0])).name
        self.stop_signal = stop_signal
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            env={**floe.ENVIRONMENT, **dict(environment)},
            **options,
        )
        # A run that is interrupted cleans up no class of tests.
        atexit.register(self.stop)

    def log(self):
        return os.pread(self.output.fileno(), 1 << 24, 0).decode(errors="replace")

    def wait(self, ready):
        """Waits until `ready()` gives something; ends it where that does not come."""

        def alive():
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended with {self.process.returncode}")
            return ready()

        try:
            return wait(self.name, alive)
        except Exception as error:
            log = self.log()
            self.stop()
            raise RuntimeError(f"{self.name} did not start: {error}\n{log}") from error

    def said(self, pattern):
        """The match of what it says."""
        return self.wait(lambda: re.search(pattern, self.log()))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()
