"""Numbers for whoever runs the service: Prometheus metrics of one application, with no word of any question."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from assistant.types import Answer

CONTENT_TYPE = CONTENT_TYPE_LATEST
disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter that nobody draws
# How a question ended; the same words stand in the logs.
OUTCOMES = (
    "answered",
    "partial",
    "not_in_document",
    "small_talk",
    "declined",
    "limited",  # 429: somebody's share
    "busy",  # 503: a crowd, nobody in particular
    "switched_off",
    "not_ready",
    "embedding_unavailable",
    "failed",  # an error of ours
    "left",  # the reader went away before the end
)
SURFACES = ("api", "chat", "openai", "mcp", "receipt")
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45, 90)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is read at the moment of a scrape."""

    ready: bool
    states: Mapping[str, bool]
    newcomers_waiting: int
    llm_busy: int
    llm_waiting: int
    budget_used: Mapping[str, int]
    budget_most: Mapping[str, int]
    identity: Mapping[str, str]  # index, embedding, model, prompt; empty until open


class Telemetry:
    """Counters and histograms in a registry of their own, so that two applications in a process do not mix."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.registry.register(_Live(snapshot))
        self._questions = self._counter("moc_questions", "Questions by how they ended", "surface", "outcome", "mode")
        self._notes = self._counter("moc_mode_notes", "Answers in another mode than asked for, by why", "note")
        self._drops = self._counter("moc_gate_drops", "Sentences of the model withheld, by reason", "reason")
        self._limited = self._counter("moc_limited", "Refusals by limit", "scope")
        self._cache = self._counter("moc_cache", "Looks into the answer cache", "result")
        self._tokens = self._counter("moc_llm_tokens", "Tokens of the language model, as its server told")
        self._calls = self._counter("moc_llm_calls", "Requests sent to the language model")
        self._http = self._counter("moc_http_requests", "Requests by kind of route and status", "route", "status")
        self._seconds = self._histogram("moc_question_seconds", "From question to whole answer", "mode")
        self._steps = self._histogram("moc_step_seconds", "Parts of the time an answer takes", "step")
        self._first = self._histogram("moc_first_claim_seconds", "From question to the first verified claim", "mode")

    def question(self, surface: str, outcome: str, seconds: float, answer: Answer | None, cached: bool = False) -> None:
        """A question ended."""
        assert surface in SURFACES, surface
        assert outcome in OUTCOMES, outcome
        self._questions.labels(surface, outcome, answer.mode if answer else "none").inc()
        if answer is None:
            return
        self._seconds.labels(answer.mode).observe(seconds)
        if answer.mode_note:
            self._notes.labels(answer.mode_note).inc()
        if cached:
            return
        for step, milliseconds in answer.timings_ms.items():
            if step != "total":
                self._steps.labels(step).observe(milliseconds / 1000)
        for drop in answer.dropped:
            for reason in drop.reasons:
                self._drops.labels(reason).inc()

    def first_claim(self, mode: str, seconds: float) -> None:
        """A reader saw the first verified claim."""
        self._first.labels(mode).observe(seconds)

    def limited(self, scope: str) -> None:
        """A limit refused something."""
        self._limited.labels(scope).inc()

    def cache(self, hit: bool) -> None:
        """The cache was asked."""
        self._cache.labels("hit" if hit else "miss").inc()

    def used(self, calls: int, tokens: int) -> None:
        """The language model worked on a question."""
        self._calls.inc(calls)
        self._tokens.inc(tokens)

    def request(self, route: str, status: int) -> None:
        """An HTTP request was answered."""
        self._http.labels(route, str(status)).inc()

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, registry=self.registry, buckets=_SECONDS)


class _Live(Collector):
    """Gauges that are read when somebody looks."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        now = self._snapshot()
        yield GaugeMetricFamily("moc_ready", "1 when questions are answered", value=now.ready)
        states = GaugeMetricFamily("moc_state", "1 while a degraded state holds; see docs/runbook", labels=["state"])
        for code, holds in now.states.items():
            states.add_metric([code], holds)
        yield states
        waiting = now.newcomers_waiting
        yield GaugeMetricFamily("moc_newcomers_waiting", "Questions of unknown addresses at the door", value=waiting)
        yield GaugeMetricFamily("moc_llm_busy", "Answers the language model writes now", value=now.llm_busy)
        yield GaugeMetricFamily("moc_llm_waiting", "Questions that wait for the language model", value=now.llm_waiting)
        for name, text, values in (
            ("moc_llm_tokens_used", "Tokens used or set aside in the running window", now.budget_used),
            ("moc_llm_tokens_most", "Tokens that may be used in a window", now.budget_most),
        ):
            budget = GaugeMetricFamily(name, text, labels=["window"])
            for window, tokens in values.items():
                budget.add_metric([window], tokens)
            yield budget
        if now.identity:
            identity = GaugeMetricFamily("moc_identity", "What answers rest on", labels=list(now.identity))
            identity.add_metric(list(now.identity.values()), 1)
            yield identity
