"""python app.py: the web chat, the reader and the JSON interface on one port, in one process."""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Sequence

from assistant.config import Config
from assistant.web.service import Service
from index.errors import ConfigError, IndexUnusable, UserError
from index.terminal import any_text, say, settle

# Any value but "True" keeps Gradio from looking up its own servers; it is read when Gradio is imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

DRAIN_SECONDS = 20  # after SIGTERM, for requests under way


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python app.py", description="Serve the chat about the memorandum.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=7860, help="port to listen on, 0 for any (default: %(default)s)")
    arguments = parser.parse_args(argv)
    try:
        service = Service(Config.from_env())
        listening = _listen(arguments.host, arguments.port)
        return serve(service, listening)
    except UserError as error:
        say(f"app: {error}", sys.stderr)
        return error.exit_code


def serve(service: Service, listening: socket.socket) -> int:
    """Serve on a bound socket; opens the Assistant as soon as the pages are there."""
    import uvicorn

    from assistant.web import logs
    from assistant.web import server as web
    from assistant.web.connection import Connection
    from assistant.web.memory import few_heaps

    few_heaps()
    host, port = listening.getsockname()[:2]

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            say(f"Serving on http://{f'[{host}]' if ':' in host else host}:{port}")
            service.start(stop_if_unusable)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            service.stop()
            await super().shutdown(sockets)

    def stop_if_unusable(done: Service) -> None:
        # Where the index may not be built, a service without one is a mistake of its set-up, not a passing fault.
        if isinstance(done.error, IndexUnusable) and not done.config.index.may_build:
            server.should_exit = True

    application = web.application(service)
    logs.configure()
    settings = uvicorn.Config(
        application,
        http=Connection,
        ws="none",
        log_config=None,
        # Which forwarded headers are believed is the shell's decision (MOC_TRUSTED_PROXIES).
        proxy_headers=False,
        timeout_keep_alive=5,
        # Searches stand in the addresses of the reader, so requests are not logged.
        access_log=False,
        log_level="warning",
        server_header=False,
        # Answers under way are finished; the language model has to be done before that (``Service.stop``).
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    server = Server(settings)
    # uvicorn raises the signal once more when it has finished, which would end the process as if it had been killed.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        return 0
    return service.error.exit_code if server.should_exit and isinstance(service.error, IndexUnusable) else 0


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, OverflowError) as error:
        raise ConfigError(f"cannot listen on {host}:{port}: {error}; choose another --host or --port") from None
    return listening


if __name__ == "__main__":
    any_text()
    code = main()
    settle()
    sys.exit(code)
