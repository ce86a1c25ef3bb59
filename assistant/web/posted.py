"""What the chat page posts to Gradio, taken apart and written anew: exactly the shapes our own page sends.

Gradio looks for files in everything it is given: any object with a "path" and a "meta", however deep, is fetched from
the network or copied from the disk before a handler is called, and a message that names a component has it built with
arguments of the sender's choice. Nothing of the page needs either, so neither comes through: what Gradio reads is never
what was sent, but what was understood of it here.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Kind = Literal["text", "history", "nothing"]  # a text or null; messages or null; null
# The kinds of what each of the page's handlers takes, by its number; "ask" is the one that programs call by its name.
Handlers = Mapping[int | str, tuple[Kind, ...]]
NO_HANDLERS: Handlers = {}

_Session = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Number = Annotated[int, Field(ge=0, lt=2**31)]
_MOST_MESSAGES = 1000


class _Exact(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Words(_Exact):
    """A part of a message. Others would be files and components."""

    type: Literal["text"] = "text"
    text: str


class _Message(_Exact):
    role: Literal["user", "assistant"]
    content: Annotated[tuple[_Words, ...], Field(max_length=16)]
    metadata: None = None
    options: None = None


_Datum = str | Annotated[tuple[_Message, ...], Field(max_length=_MOST_MESSAGES)] | None


class _Data(_Exact):
    data: Annotated[tuple[_Datum, ...], Field(max_length=8)]


class _Call(_Data):
    session_hash: _Session | None = None


class _Join(_Data):
    session_hash: _Session
    fn_index: _Number
    # The page says which button was pressed, which no handler asks; Gradio would change the component of that number.
    trigger_id: _Number | None = Field(None, exclude=True)
    event_data: None = Field(None, exclude=True)


class _Cancel(_Exact):
    session_hash: _Session
    fn_index: _Number
    event_id: _Session


class _Reset(_Exact):
    event_id: _Session


def rewritten(path: str, body: bytes, handlers: Handlers) -> bytes:
    """The same request in words of our own, for a path below Gradio's API.

    Raises:
        ValueError: it is none that the page would send; says where it is not, and nothing of what was sent.
    """
    shape = _shape(path)
    try:
        sent = shape.model_validate_json(body)
    except ValidationError as error:
        raise ValueError(_where(error, shape)) from None
    if isinstance(sent, _Join):
        if sent.fn_index not in handlers:
            raise ValueError("fn_index: there is no such handler")
        _fits(sent.data, handlers[sent.fn_index])
    elif isinstance(sent, _Call):
        kinds = handlers.get("ask", ())
        # A program sends what it is told to, a page its state too, which is null.
        named = tuple(kind for kind in kinds if kind != "nothing")
        _fits(sent.data, named if len(sent.data) == len(named) else kinds)
    return sent.model_dump_json().encode()


def _shape(path: str) -> type[_Exact]:
    last = path.rstrip("/").rpartition("/gradio_api/")[2]
    shapes: dict[str, type[_Exact]] = {
        "queue/join": _Join,
        "call/ask": _Call,
        "cancel": _Cancel,
        "reset": _Reset,
    }
    return shapes[last]


def _fits(data: tuple[Any, ...], kinds: tuple[Kind, ...]) -> None:
    takes: dict[Kind, type | tuple[()]] = {"text": str, "history": tuple, "nothing": ()}
    if len(data) != len(kinds):
        raise ValueError("data: it is not as long as what the handler takes")
    for place, (datum, kind) in enumerate(zip(data, kinds, strict=True)):
        if datum is not None and not isinstance(datum, takes[kind]):
            raise ValueError(f"data.{place}: it is not what the handler takes")


def _where(error: ValidationError, shape: type[_Exact]) -> str:
    """The place of the first mistake; names of fields that we do not know are the sender's words."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return "the body is not JSON"
    place = first["loc"][0] if first["loc"] else ""
    if place not in shape.model_fields:
        return "the body: it is not what the chat page sends"
    return f"{place}: it is not what the chat page sends"
