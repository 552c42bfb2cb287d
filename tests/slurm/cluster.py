"""A Slurm cluster of one node, as the user who runs the tests: munged, slurmctld and slurmd."""

import atexit
import contextlib
import os
import pathlib
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile

import floe
from server import Server, free_port, wait

# More than the machine may have: the tasks of these tests are small, whatever they ask for.
CPUS = 4
MEGABYTES = 16000


class Cluster:
    def __init__(self):
        # Its folder's own rights: munge wants to be reachable, and written by nobody else.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="floe-slurm-"))
        self.directory.chmod(0o755)
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.servers = []
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)

    def _start(self):
        place = self.directory
        self.configuration = place / "slurm.conf"
        self.configuration.write_text(self._settings())
        (place / "cgroup.conf").write_text(f"CgroupPlugin={self._control_groups()}\n")
        for folder in ("state", "spool"):
            (place / folder).mkdir()
        key = place / "munge.key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(128))

        socket_path = place / "munge.socket"
        munged = self._run(
            "munged", "--foreground", f"--key-file={key}", f"--socket={socket_path}",
            f"--pid-file={place}/munged.pid", f"--log-file={place}/munged.log", f"--seed-file={place}/munged.seed",
        )
        munged.wait(socket_path.exists)
        controller = self._run("slurmctld", "-D", "-f", self.configuration)
        controller.wait(lambda: self._command("scontrol", "ping").returncode == 0)
        node = self._run("slurmd", "-D", "-f", self.configuration, "-N", "node")
        node.wait(lambda: self._command("sinfo", "--noheader", "--format=%T").stdout.strip() == "idle")

    def _settings(self):
        host, place, user = socket.gethostname().partition(".")[0], self.directory, self.user
        settings = {
            "ClusterName": "floe",
            "SlurmctldHost": f"{host}(127.0.0.1)",
            "SlurmctldPort": free_port(),
            "SlurmUser": user,
            "SlurmdUser": user,
            "AuthType": "auth/munge",
            "AuthInfo": f"socket={place}/munge.socket",
            "CredType": "cred/munge",
            "StateSaveLocation": place / "state",
            "SlurmdSpoolDir": place / "spool",
            "SlurmctldPidFile": place / "slurmctld.pid",
            "SlurmdPidFile": place / "slurmd.pid",
            "ProctrackType": "proctrack/linuxproc",
            "TaskPlugin": "task/none",
            "SelectType": "select/cons_tres",
            "SelectTypeParameters": "CR_CPU_Memory",
            "AccountingStorageType": "accounting_storage/none",
            "JobAcctGatherType": "jobacct_gather/none",
            "MpiDefault": "none",
            "ReturnToService": 2,
            "SlurmdParameters": "config_overrides",
            "SchedulerParameters": "sched_interval=2,batch_sched_delay=0",
        }
        lines = [f"{name}={value}" for name, value in settings.items()]
        lines.append(
            f"NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 Port={free_port()} CPUs={CPUS} RealMemory={MEGABYTES}"
        )
        lines.append("PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP")
        return "\n".join(lines) + "\n"

    def _control_groups(self):
        """What the daemon shall do about control groups, which nothing of these settings needs: leave them alone, in
        the words of its version. By itself it would look for those of the machine, and end without the right to."""
        version = subprocess.run([self._program("slurmd"), "-V"], capture_output=True, text=True, check=True).stdout
        return "disabled" if int(version.split()[1].split(".")[0]) >= 23 else "cgroup/v1"

    @property
    def environment(self):
        """What Slurm's own commands need to find this cluster."""
        return {"SLURM_CONF": str(self.configuration)}

    def _program(self, name):
        # Debian's daemons lie in sbin, which not every user's PATH has.
        return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or name

    def _run(self, program, *arguments):
        server = Server([self._program(program), *arguments], self.environment)
        self.servers.append(server)
        return server

    def _command(self, *words):
        environment = {**floe.ENVIRONMENT, **self.environment}
        return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)

    def is_idle(self):
        """Whether no job is waiting or running."""
        queue = self._command("squeue", "--noheader", "--all")
        return queue.returncode == 0 and not queue.stdout.strip()

    def job(self, job):
        """What Slurm says of a job and, if it is an array, of its tasks."""
        return self._command("scontrol", "show", "job", job).stdout

    def stop(self):
        # What a failed test has left in the queue would outlive the daemons.
        if len(self.servers) == 3 and self.directory.exists():
            self._command("scancel", "--user", self.user)
            with contextlib.suppress(RuntimeError):
                wait("the cluster is idle", self.is_idle, 60)
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
