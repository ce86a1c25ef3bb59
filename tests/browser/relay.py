"""A line between the browser and a running program that a test can cut or hold up, in the middle of an answer too."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Relay:
    """Passes every connection on to ``target`` (host, port).

    ``cut`` ends all of them and lets no new one through; ``hold`` keeps back what the program sends from a text on.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._whole = True
        self._held = b""
        self._released = threading.Event()
        self.holding = threading.Event()  # set once something is kept back
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """The connection is lost."""
        with self._lock:
            self._whole = False
            ending, self._open = self._open, set()
        for one in ending:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def mend(self) -> None:
        """The connection is back."""
        self._whole = True

    def hold(self, text: str) -> None:
        """From now on, keep back what stands behind this text on the connection where the program sends it."""
        self._held = text.encode()

    def release(self) -> None:
        """Let everything through again."""
        self._held = b""
        self._released.set()

    def close(self) -> None:
        """Ends it for good."""
        self.release()
        self.cut()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listening.accept()
                with self._lock:
                    if not self._whole:
                        near.close()
                        continue
                    far = socket.create_connection(self._target)
                    self._open |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                at = part.find(self._held) if self._held else -1
                if at >= 0:
                    sink.sendall(part[:at])
                    part = part[at:]
                    self.holding.set()
                    self._released.wait()
                sink.sendall(part)
        for one in (source, sink):  # one side has ended: so has the other
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self._open.discard(one)


@contextlib.contextmanager
def relayed(address: str) -> Iterator[Relay]:
    """A relay in front of a program on this machine."""
    host, _, port = address.removeprefix("http://").partition(":")
    relay = Relay((host, int(port)))
    try:
        yield relay
    finally:
        relay.close()
