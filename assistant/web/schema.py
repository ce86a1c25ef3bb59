"""The shapes of the JSON surface as types, for the generated API description; the code itself makes plain objects."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from assistant.types import ClaimKind, Language, Mode, Status


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClaimShape(_Shape):
    """One sentence of an answer. A note (not binding, reading aid) is never evidence."""

    text: str
    kind: ClaimKind
    citations: list[int]


class CitationShape(_Shape):
    """A verbatim sentence: ``quote`` is code points ``start`` to ``end`` of ``/document.txt``."""

    number: int
    address: str
    section: str
    label: str
    quote: str
    start: int
    end: int
    reading_aid: str | None


class RelatedShape(_Shape):
    """A passage near to a question that nothing answers."""

    address: str
    label: str
    section: str
    snippet: str


class DroppedShape(_Shape):
    """What the check withheld, and why."""

    text: str
    addresses: list[str]
    reasons: list[str]


class DocumentShape(_Shape):
    """Which document."""

    title: str
    date: str
    sha256: str


class IndexShape(_Shape):
    """Which index."""

    fingerprint: str
    embedding: str


class ModelShape(_Shape):
    """Which language model, with which prompt."""

    name: str
    prompt_sha256: str


class AnswerShape(BaseModel):
    """The answer object, the same on every surface."""

    schema_: Literal[1] = Field(alias="schema")
    id: str
    question: str
    standalone: str
    language: Language
    mode: Mode
    mode_note: str | None
    status: Status
    reason: str | None
    confidence: float = Field(ge=0, le=1)
    text: str
    claims: list[ClaimShape]
    citations: list[CitationShape]
    related: list[RelatedShape]
    follow_ups: list[str]
    dropped: list[DroppedShape]
    document: DocumentShape
    index: IndexShape
    model: ModelShape | None
    timings_ms: dict[str, float]


class ErrorDetail(BaseModel):
    """A code for programs, a sentence for people."""

    code: str
    message: str


class ErrorShape(BaseModel):
    """Every refusal and error; never an answer."""

    error: ErrorDetail


class SentenceShape(_Shape):
    """A sentence of the document by its address."""

    address: str
    label: str
    text: str
    start: int
    end: int
    reading_aid: str | None


class PartShape(_Shape):
    """A section or topic with its sentences and the parts below it."""

    address: str
    kind: str
    title: str | None
    reading_aid: str | None
    sentences: list[SentenceShape]
    parts: list["PartShape"]


class TreeShape(_Shape):
    """The whole document."""

    title: str
    date: str
    language: str
    sha256: str
    parts: list[PartShape]


class SectionShape(BaseModel):
    """All sentences an address stands for."""

    address: str
    section: str
    sentences: list[SentenceShape]


class JudgedShape(ClaimShape):
    """A claim of a saved answer with whether it holds; null where another document keeps it from being compared."""

    holds: bool | None
    reasons: list[str]


class SameShape(BaseModel):
    """The document or index of a saved answer, and whether it is the one served here (null: not known yet)."""

    model_config = ConfigDict(extra="allow")
    same: bool | None


class VerifiedShape(BaseModel):
    """What holds of a saved answer and what does not; for what is no answer object only the first three."""

    model_config = ConfigDict(extra="allow")
    holds: bool
    id: str
    problems: list[str]
    document: SameShape | None = None
    index: SameShape | None = None
    id_fits: bool | None = None
    not_covered: list[str] | None = None
    asked_again: str | None = None
    claims: list[JudgedShape] | None = None
    citations: list[CitationShape] | None = None


class KeptShape(BaseModel):
    """What was kept of feedback, and for how many days."""

    kept: Literal[True]
    days: int
    question: bool


class CompletionShape(BaseModel):
    """An OpenAI chat completion with the answer object beside it."""

    model_config = ConfigDict(extra="allow")
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    moc_answer: AnswerShape


class ModelsShape(BaseModel):
    """The models a client may name."""

    object: Literal["list"]
    data: list[dict[str, Any]]


SHAPES: tuple[type[BaseModel], ...] = (
    AnswerShape,
    ErrorShape,
    TreeShape,
    SectionShape,
    VerifiedShape,
    KeptShape,
    CompletionShape,
    ModelsShape,
)


def reference(shape: type[BaseModel]) -> dict[str, str]:
    """Where the description keeps a shape."""
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def definitions(*bodies: type[BaseModel]) -> dict[str, Any]:
    """The JSON schemas of all shapes and of the bodies that requests carry, by name."""
    template = "#/components/schemas/{model}"
    answers = models_json_schema([(shape, "serialization") for shape in SHAPES], ref_template=template)
    requests = models_json_schema([(body, "validation") for body in bodies], ref_template=template)
    found: dict[str, Any] = {}
    for _, schema in (answers, requests):
        found |= schema.get("$defs", {})
    return found


def described(
    shape: type[BaseModel],
    *errors: int,
    body: type[BaseModel] | tuple[type[BaseModel], ...] | None = None,
    stream: bool = False,
    status: int = 200,
) -> dict[str, Any]:
    """``openapi_extra`` of a route: what it takes (of several shapes any) and gives, and how it may refuse."""
    good: dict[str, Any] = {"application/json": {"schema": reference(shape)}}
    if stream:
        good["text/event-stream"] = {"schema": _EVENT}
    refused = {
        str(status): {
            "description": _STATUS[status],
            "content": {"application/json": {"schema": reference(ErrorShape)}},
        }
        for status in (*errors, 429)
    }
    extra: dict[str, Any] = {"responses": {str(status): {"description": "OK", "content": good}, **refused}}
    if body is not None:
        taken = {"anyOf": [reference(one) for one in body]} if isinstance(body, tuple) else reference(body)
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": taken}}}
    return extra


_EVENT = {
    "type": "object",
    "description": "One server-sent event; its data is JSON",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["data"],
}
_STATUS = {
    400: "The body is not the JSON that is wanted",
    404: "Nothing has this name",
    413: "The body is larger than 16 KiB, or than 64 KiB where it is an answer object to verify",
    415: "The body is not application/json",
    429: "Too much in too short a time; Retry-After says when to come back",
    503: "Not now; Retry-After says when to come back",
}
