"""Several processes of the service on this machine behind nginx, with a Redis or Valkey they share.

python deploy/replicas.py: all on loopback, on free ports but for the one readers come to; everything stops with it.
"""

import argparse
import http.client
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NGINX = Path(__file__).resolve().parent / "nginx"
START_SECONDS = 300.0  # until a replica is ready; building an index is part of it
STOP_SECONDS = 30.0  # until what was told to end is killed; replicas take a while to finish what they are answering
PASS_SECONDS = 2.0


class Failed(Exception):
    """Something did not start, or ended by itself; the message says what."""


@dataclass(frozen=True, slots=True)
class Started:
    """A running program and what it is here."""

    name: str
    process: subprocess.Popen[str]


class Stack:
    """What runs, in the order it was started; stopped in the opposite order."""

    def __init__(self, directory: Path, count: int, host: str, port: int, front: Sequence[str]) -> None:
        self._directory = directory
        self._count = count
        self._listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._front = front
        self._running: list[Started] = []
        self._stop = threading.Event()

    def start(self) -> None:
        """Start store, replicas and nginx, each when the one before it answers.

        Raises:
            Failed: one of them does not.
        """
        environ = dict(os.environ)
        secret = {} if environ.get("MOC_SECRET_FILE") else {"MOC_SECRET": secrets.token_hex(32)}
        environ = {
            **secret,
            **environ,
            "MOC_STORE_URL": self._store(),
            "MOC_REPLICAS": str(self._count),
            "MOC_TRUSTED_PROXIES": "127.0.0.1",
        }
        environ.pop("MOC_STORE_URL_FILE", None)
        ports = []
        for number in range(self._count):  # one after the other: the first may have an index to build
            replica = self._replica(number, environ)
            ports.append(self._port_of(replica))
            self._until_ready(replica, ports[-1])
            say(f"{replica.name}: http://127.0.0.1:{ports[-1]} (process {replica.process.pid})")
        self._nginx(ports)
        say(f"Serving on http://{self._listen} through nginx; Ctrl-C stops everything")

    def watch(self) -> None:
        """Wait until told to stop.

        Raises:
            Failed: nginx ended, or the last replica did. One replica less, or no store, goes on.
        """
        while not self._stop.wait(0.2):
            for ended in [started for started in self._running if started.process.poll() is not None]:
                self._running.remove(ended)
                say(f"{ended.name} ended with {ended.process.returncode}")
                names = [started.name for started in self._running]
                if ended.name == "nginx" or not any(name.startswith("replica") for name in names):
                    raise Failed(f"{ended.name} ended, and there is nothing to go on with")

    def end(self, *_: object) -> None:
        """Make ``watch`` return; a signal handler."""
        self._stop.set()

    def stop(self) -> None:
        """End everything: nginx takes nothing new, replicas finish what they have, then the store is not needed."""
        nginx = [started for started in self._running if started.name == "nginx"]
        replicas = [started for started in self._running if started.name.startswith("replica")]
        store = [started for started in self._running if started.name == "store"]
        _signal(nginx, signal.SIGQUIT)
        _wait(nginx, PASS_SECONDS)  # what it has just taken, it passes on
        _signal(replicas, signal.SIGTERM)
        _end(replicas)
        _end(nginx)
        _signal(store, signal.SIGTERM)
        _end(store)
        self._running.clear()

    def _run(self, name: str, command: Sequence[str], **options: object) -> Started:
        # Signals of the terminal are for this script; should it be killed itself, the kernel ends what it started.
        with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        process: subprocess.Popen[str] = subprocess.Popen(
            [*with_us, *command], start_new_session=True, cwd=ROOT, text=True, **options
        )  # type: ignore[call-overload]
        started = Started(name, process)
        self._running.append(started)
        return started

    def _store(self) -> str:
        """Start the store; its address. It is open to nobody without the password and keeps nothing on disk."""
        program = shutil.which("valkey-server") or shutil.which("redis-server")
        if program is None:
            raise Failed("neither redis-server nor valkey-server is installed; apt-get install redis-server")
        port, password = free_port(), secrets.token_hex(32)
        settings = f"""bind 127.0.0.1
            port {port}
            requirepass {password}
            save ""
            appendonly no
            maxmemory 64mb
            maxmemory-policy volatile-ttl
            dir {self._directory}
            logfile ""
            loglevel warning"""
        store = self._run("store", [program, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert store.process.stdin is not None
        with store.process.stdin as standard_input:  # a command line could be read by everyone
            standard_input.write("\n".join(line.strip() for line in settings.splitlines()) + "\n")
        self._until_listening(store, port)
        say(f"store: 127.0.0.1:{port} (process {store.process.pid})")
        return f"redis://:{password}@127.0.0.1:{port}/0"

    def _replica(self, number: int, environ: dict[str, str]) -> Started:
        command = [sys.executable, "app.py", "--port", "0"]
        return self._run(f"replica {number}", command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    def _port_of(self, replica: Started) -> int:
        assert replica.process.stdout is not None
        found = re.search(r"http://\S+:(\d+)", replica.process.stdout.readline())
        if not found:
            raise Failed(f"{replica.name} did not start; its reason stands above")
        return int(found[1])

    def _until_ready(self, replica: Started, port: int) -> None:
        end = time.monotonic() + START_SECONDS
        while not answers(port, "/readyz"):
            if replica.process.poll() is not None or time.monotonic() > end or self._stop.is_set():
                raise Failed(f"{replica.name} did not become ready")
            time.sleep(0.5)

    def _until_listening(self, started: Started, port: int) -> None:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if started.process.poll() is not None or time.monotonic() > end:
                    raise Failed(f"{started.name} did not start on port {port}") from None
                time.sleep(0.05)

    def _nginx(self, ports: Sequence[int]) -> None:
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            raise Failed("nginx is not installed; apt-get install nginx-light")
        configuration = configure(self._directory / "nginx", ports, self._listen, self._front)
        command = [program, "-p", str(self._directory / "nginx"), "-c", str(configuration), "-g", "daemon off;"]
        nginx = self._run("nginx", command, stdin=subprocess.DEVNULL)
        self._until_listening(nginx, int(self._listen.rpartition(":")[2]))


def configure(directory: Path, ports: Sequence[int], listen: str, front: Sequence[str] = ()) -> Path:
    """Write the shipped configuration with this machine's ports into ``directory``; the file to give to nginx."""
    directory.mkdir()
    directory.chmod(0o711)  # started by root, the workers of nginx are somebody else
    shutil.copy(NGINX / "nginx.conf", directory)
    servers = "".join(f"server 127.0.0.1:{port} max_fails=0;\n" for port in ports)
    (directory / "servers.conf").write_text(servers, encoding="utf-8")
    (directory / "listen.conf").write_text(f"listen {listen};\n", encoding="utf-8")
    believed = "".join(f"set_real_ip_from {network};\n" for network in front)
    listed = "".join(f"    {network} 1;\n" for network in front)
    rest = (NGINX / "front.conf").read_text(encoding="utf-8").replace("    default 0;\n", f"    default 0;\n{listed}")
    (directory / "front.conf").write_text(believed + rest, encoding="utf-8")
    return directory / "nginx.conf"


def answers(port: int, path: str) -> bool:
    """Whether a program on this machine answers a path with 200."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asking.request("GET", path)
        return asking.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def say(line: str) -> None:
    """One line for whoever started this."""
    print(line, flush=True)


def _signal(programs: Sequence[Started], number: signal.Signals) -> None:
    for started in programs:
        started.process.send_signal(number)


def _wait(programs: Sequence[Started], seconds: float) -> None:
    end = time.monotonic() + seconds
    for started in programs:
        with suppress(subprocess.TimeoutExpired):
            started.process.wait(max(0.0, end - time.monotonic()))


def _end(programs: Sequence[Started]) -> None:
    _wait(programs, STOP_SECONDS)
    for started in programs:
        if started.process.poll() is None:
            started.process.kill()
            started.process.wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped; 0 then, 1 when something failed."""
    parser = argparse.ArgumentParser(prog="python deploy/replicas.py", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address nginx listens on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=7860, help="port of nginx, 0 for any (default: %(default)s)")
    parser.add_argument("--replicas", type=int, default=2, choices=range(1, 17), metavar="N", help="default: 2")
    parser.add_argument(
        "--front", type=ip_network, action="append", default=[], metavar="NETWORK", help="a proxy in front of nginx"
    )
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="moc-replicas-") as directory:
        Path(directory).chmod(0o711)
        port = arguments.port or free_port()
        stack = Stack(Path(directory), arguments.replicas, arguments.host, port, list(map(str, arguments.front)))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stack.end)
        try:
            stack.start()
            stack.watch()
        except Failed as failed:
            print(f"replicas: {failed}", file=sys.stderr)
            return 1
        finally:
            stack.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
