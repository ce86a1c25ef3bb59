"""The chat itself: Gradio's Blocks with the conversation and the question box, once per language.

Nothing is fetched from elsewhere, nothing is uploaded, and what happens in a question's handler ends in a message.
What stands around it is in ``room``.
"""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant.config import Config
from assistant.strings import strings
from assistant.types import Language, Mode
from assistant.web import chat
from assistant.web.messages import stopped
from assistant.web.posted import Handlers, Kind
from assistant.web.service import Service
from assistant.web.visitor import NOBODY, Visitor, visitor_of

_AT_ONCE = 16  # questions answered side by side; each is short, the queue holds the rest
_WAITING = 64
_THREADS = 200  # Gradio counts asynchronous handlers against this too
# Gradio keeps what every page showed, some 25 kB with the conversation in it, until so many others came after it; by
# itself 10,000. Of a page that is no longer kept only a switched language is lost: the conversation is in the browser.
SESSIONS = 300
# An answer whose page has not fetched the end of it is kept this long, even where more than SESSIONS came after it (by
# Gradio itself 2,000 at most): on a slow line the end may come late, and a page that was closed never asks for it.
UNFETCHED_SECONDS = 120.0

Props = Callable[[Language], dict[str, Any]]


@dataclass
class _Localized:
    """Components whose words depend on the language, so that a switch changes the words and keeps the conversation."""

    language: Language
    parts: list[tuple[Any, Props]] = field(default_factory=list)

    def add(self, component: type[Any], words: Props, **fixed: Any) -> Any:
        """Create a component with its words in the page's first language."""
        made = component(**words(self.language), **fixed)
        self.parts.append((made, words))
        return made

    @property
    def components(self) -> list[Any]:
        """What a switch updates."""
        return [component for component, _ in self.parts]

    def updates(self, language: Language) -> list[Any]:
        """The same components' words in another language."""
        return [gr.update(**words(language)) for _, words in self.parts]


# What may be sent for a component. Of one that is not here nobody has said what is let through to it.
_KINDS: dict[type[Any], Kind] = {gr.Textbox: "text", gr.Radio: "text", gr.Chatbot: "history", gr.State: "nothing"}


def mount(app: FastAPI, service: Service, root_path: str) -> Handlers:
    """Put the page on ``/`` (English) and ``/ja/`` (Japanese); which one a reader gets is decided in ``frame``.

    Returns what its handlers take, the same in both languages.
    """
    taken: list[Handlers] = []
    paths: tuple[tuple[Language, str], ...] = (("ja", "/ja"), ("en", "/"))
    for language, path in paths:
        blocks = build(language, service)
        gr.mount_gradio_app(
            app,
            blocks,
            path=path,
            root_path=root_path + path.rstrip("/") or None,
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=1,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=_theme(),
        )
        taken.append(_taken(blocks))
    japanese, english = taken
    if japanese != english:  # a request does not say for sure of which page it is
        raise RuntimeError("the handlers of the pages differ")
    return english


def _taken(blocks: Any) -> Handlers:
    """What the handlers of a page take, by number, and by name that of what programs ask."""
    taken: dict[int | str, tuple[Kind, ...]] = {}
    for number, handler in blocks.fns.items():
        if handler.inputs or not handler.cancels:  # what only cancels has a route of its own
            taken[number] = tuple(_KINDS[type(component)] for component in handler.inputs)
        if handler.api_name == "ask":
            taken["ask"] = taken[number]
    return taken


def build(language: Language, service: Service) -> Any:
    """The conversation and the question box, worded first in ``language``; everything else of the page is plain HTML.

    ``machinery`` is never seen: the page's script puts a suggested question into ``chosen`` and presses its buttons.
    """
    config = service.config
    local = _Localized(language)
    words = strings

    with gr.Blocks(title=words(language)["page_title"], analytics_enabled=False, fill_width=True) as blocks:
        blocks.state_session_capacity = SESSIONS
        state = gr.State(language)
        bot = local.add(
            gr.Chatbot,
            lambda la: {"label": words(la)["chat_label"]},
            elem_id="conversation",
            show_label=False,
            container=False,
            height="100%",
            buttons=[],
            allow_tags=False,
            latex_delimiters=[],
            feedback_options=None,
            allow_file_downloads=False,
            autoscroll=False,
            layout="bubble",
        )
        with gr.Column(elem_id="foot"):
            mode = local.add(
                gr.Radio,
                lambda la: {
                    "label": words(la)["mode_label"],
                    "choices": [(words(la)["mode_llm"], "llm"), (words(la)["mode_quote"], "quote")],
                },
                value="llm" if config.llm_on else "quote",
                visible=config.llm_on,
                elem_id="mode",
            )
            with gr.Row(elem_id="ask"):
                box = local.add(
                    gr.Textbox,
                    lambda la: {
                        "label": words(la)["question_label"],
                        "placeholder": words(la)["question_placeholder"],
                    },
                    elem_id="question",
                    lines=1,
                    max_lines=6,
                    container=True,
                    autofocus=False,
                    scale=1,
                )
                send = local.add(gr.Button, _word("send"), elem_id="send", variant="primary", scale=0)
                stop = local.add(gr.Button, _word("stop"), elem_id="stop", scale=0)
        with gr.Column(elem_id="machinery"):
            chosen = gr.Textbox(elem_id="chosen", label="chosen")
            choose, again, clear, switch = (
                gr.Button(name, elem_id=name) for name in ("choose", "again", "clear-all", "switch")
            )

        outputs = [bot, box]
        leftovers = _Leftovers()

        async def ask(
            question: str | None,
            history: list[chat.Message] | None,
            mode: str | None,
            language: Language,
            request: gr.Request,
        ) -> AsyncIterator[list[Any]]:
            """Ask a question about the document; yields the conversation as the answer grows."""
            if not (question or "").strip():
                yield [gr.skip()] * len(outputs)
                return
            assert question is not None
            before = list(history or [])
            emptied: Any = ""
            visitor = _visitor(request)
            leftovers.forget(blocks, request)
            steps = chat.reply(service, question, language, _mode(mode, config), before, visitor)
            async for step in chat.while_there(steps, lambda: _has_left(blocks, request)):
                yield [[*before, step.question, step.reply], question if step.mend else emptied]
                emptied = gr.skip()

        async def ask_chosen(
            question: str | None,
            history: list[chat.Message] | None,
            mode: str | None,
            language: Language,
            request: gr.Request,
        ) -> AsyncIterator[list[Any]]:
            """The same for a suggested question: what the reader may be typing stays in the box."""
            async for conversation, _ in ask(question, history, mode, language, request):
                yield [conversation, gr.skip()]

        async def ask_again(
            history: list[chat.Message] | None, mode: str | None, language: Language, request: gr.Request
        ) -> AsyncIterator[list[Any]]:
            question, before = chat.last_question(list(history or []))
            async for conversation, _ in ask(question, before, mode, language, request):
                yield [conversation, gr.skip()]

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        # "multiple": by itself Gradio drops a question asked before it has heard that the last answer is whole. Two at
        # once the page's script prevents.
        asking: dict[str, Any] = {
            "outputs": outputs,
            "show_progress": "hidden",
            "concurrency_id": "ask",
            "trigger_mode": "multiple",
        }
        private = asking | {"api_visibility": "private"}
        running = [
            box.submit(ask, [box, bot, mode, state], api_name="ask", **asking),
            send.click(ask, [box, bot, mode, state], **private),
            choose.click(ask_chosen, [chosen, bot, mode, state], **private),
            again.click(ask_again, [bot, mode, state], **private),
        ]
        stop.click(stopped, [bot, state], [bot], cancels=running, **quiet)
        clear.click(lambda: [], None, [bot], cancels=running, **quiet)

        def other(language: Language) -> list[Any]:
            changed: Language = "en" if language == "ja" else "ja"
            return [changed, *local.updates(changed)]

        switch.click(other, [state], [state, *local.components], **quiet)
    blocks.max_threads = _THREADS
    # An open API would let requests skip the queue; programs ask through the queue as the page does.
    blocks.queue(max_size=_WAITING, default_concurrency_limit=_AT_ONCE, api_open=False)
    # Of when and how long each of the last 10,000 questions was answered, with its session: for a page that is closed.
    blocks._queue.ANALYTICS_MAX_EVENTS = 1
    return blocks


def _visitor(request: gr.Request) -> Visitor:
    """Who asks, as the shell found out; a session is one opening of the page."""
    session = request.session_hash
    return visitor_of(request.request.scope).at("chat", session) if request.request else NOBODY


class _Leftovers:
    """What Gradio keeps of every page that ever asked: a queue of messages for 2,000, a set for all of them."""

    def __init__(self) -> None:
        self._unfetched_since: dict[str, float] = {}

    def forget(self, blocks: gr.Blocks, request: gr.Request) -> None:
        """Let go of all but the last SESSIONS and those still owed something; a page that asks again gets new ones."""
        queue = blocks._queue
        kept, pending = queue.pending_messages_per_session, queue.pending_event_ids_session
        self._unfetched_since.pop(request.session_hash or "", None)
        if request.session_hash in kept:
            kept.move_to_end(request.session_hash)
        for session in list(kept)[: max(0, len(kept) - SESSIONS)]:
            if not self._owed(queue, session):
                del kept[session]
                pending.pop(session, None)
        if len(pending) > len(kept):
            for session in [session for session in pending if session not in kept]:
                if pending[session].isdisjoint(queue.event_ids_to_events):
                    del pending[session]
        self._unfetched_since = {session: since for session, since in self._unfetched_since.items() if session in kept}

    def _owed(self, queue: Any, session: str) -> bool:
        """Whether a page has a question under way, or has lately not fetched the end of an answer.

        Gradio strikes a question off ``pending_event_ids_session`` when its page has fetched the end, and never when
        the page was closed before.
        """
        asked = queue.pending_event_ids_session.get(session, set())
        if not asked.isdisjoint(queue.event_ids_to_events):
            return True
        now = time.monotonic()
        return bool(asked) and now - self._unfetched_since.setdefault(session, now) < UNFETCHED_SECONDS


def _has_left(blocks: gr.Blocks, request: gr.Request) -> bool:
    """Whether the reader of a question's answer is gone: Gradio knows, and tells its handlers nothing."""
    jobs = (job for group in blocks._queue.active_jobs for job in group or ())
    return any(job.request is request.request and not job.alive for job in jobs)


def _mode(wished: str | None, config: Config) -> Mode | None:
    return "quote" if wished == "quote" or not config.llm_on else None


def _word(key: str) -> Props:
    return lambda language: {"value": strings(language)[key]}


def _theme() -> gr.Theme:
    """Plain and calm; the colours and fonts themselves are set in static/chat.css."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_sm,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
