"""Logs as lines of JSON with a closed list of fields: what happened and how long it took, never what anybody wrote.

Messages of exceptions and of other libraries may quote their input, so only types and places in the code are kept.
"""

import json
import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

FIELDS = frozenset(
    "event level time request route method status ms surface outcome reason mode mode_note sections session scope "
    "first_ms index model prompt cached dropped error at state".split()
)
_NAME = "moc"
_QUOTED = ("assistant", "index", "app", "uvicorn.error")  # their messages are fixed words


def configure(stream: TextIO | None = None) -> None:
    """Send everything the process logs to ``stream`` (stderr) as JSON."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_NAME).setLevel(logging.INFO)
    # Gradio and others print exceptions by themselves, and those may hold what was typed.
    traceback.print_exc = _noted
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            _only_known_fields,
            # To the minute: enough to find a fault, too coarse to follow a person.
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%MZ", utc=True, key="time"),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        # Through logging, because that survives a full disk and a closed pipe.
        logger_factory=lambda *_: logging.getLogger(_NAME),
        cache_logger_on_first_use=False,
    )


def logger() -> Any:
    """Where the service logs: ``logger().info("question", outcome=…)``."""
    return structlog.get_logger()


def place(error: BaseException) -> str:
    """Where an exception came from: the innermost line of our own code, else the innermost at all."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/assistant/" in frame.filename or "/index/" in frame.filename]
    if not frames:
        return ""
    last = (own or frames)[-1]
    return f"{'/'.join(last.filename.split('/')[-2:])}:{last.lineno}"


def _noted(*_: Any, **__: Any) -> None:
    """In place of ``traceback.print_exc``."""
    error = sys.exc_info()[1]
    if error is not None:
        logger().error("exception", error=type(error).__name__, at=place(error))


def _only_known_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: value for name, value in event.items() if name in FIELDS and value is not None}


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        if record.name == _NAME:
            return record.getMessage()
        quoted = record.name.startswith(_QUOTED)
        line: dict[str, Any] = {
            "event": record.getMessage().splitlines()[0][:200] if quoted else "log",
            "level": record.levelname.lower(),
            "logger": record.name,
            "at": f"{record.filename}:{record.lineno}",
        }
        if record.exc_info and record.exc_info[1]:
            line |= {"error": type(record.exc_info[1]).__name__, "at": place(record.exc_info[1])}
        return json.dumps(line)
