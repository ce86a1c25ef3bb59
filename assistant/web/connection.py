"""A connection has to come to the point: a head is bounded in time and size, and who stops reading is let go.

uvicorn bounds neither. Without this a few hundred silent connections would keep everyone else out for as long as they
like, and a head of a gigabyte would be kept in memory.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from assistant.web.shell import HEAD_BYTES

MOST = 600  # connections; whoever comes then is told to come back, and who asks how the service does is not
HEAD_SECONDS = 10.0  # from the connection, or the end of the answer before, to the end of the head
READER_SECONDS = 30.0  # without taking anything of an answer that waits to be taken

_TOO_LARGE = b"the head of the request is too large"


class Connection(HttpToolsProtocol):
    """uvicorn's connection with those bounds; trailers, which could name anyone a proxy, are not believed."""

    _timer: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _in_head = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; its request has to follow."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone, and with it what waited for it."""
        self._disarm()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of the client: of a head, a body, or blank lines in between, which do not buy time either."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self._timer is None:
            self._arm()
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            # Of a head that has not ended; one that came in a single piece is judged by the shell.
            if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
                length = str(len(_TOO_LARGE)).encode()
                head = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: "
                self.transport.write(head + length + b"\r\ncontent-type: text/plain\r\n\r\n" + _TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; one that comes after it is a trailer."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole; how long the body may take the shell says."""
        self._in_head = False
        self._disarm()
        # uvicorn's own limit says so in words of its own, to the operator's health checks too.
        self.scope["state"]["crowded"] = len(self.connections) > MOST
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client does not keep up with the answer."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(READER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It caught up, or is gone."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def _arm(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()
