"""The chat page: Gradio's Blocks with the conversation on the left and the document on the right, once per language.

Nothing is fetched from elsewhere, nothing is uploaded, and what happens in a question's handler ends in a message.
"""

import html
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant import render
from assistant.config import Config
from assistant.strings import strings
from assistant.types import Language, Mode
from assistant.web import chat
from assistant.web.reader import long_date, panel
from assistant.web.service import Service
from assistant.web.visitor import NOBODY, Visitor, visitor_of

_STARTERS = 6
_AT_ONCE = 16  # questions answered side by side; each is short, the queue holds the rest
_WAITING = 64
_THREADS = 200  # Gradio counts asynchronous handlers against this too

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


def mount(app: FastAPI, service: Service, root_path: str) -> None:
    """Put the page on ``/`` (English) and ``/ja/`` (Japanese); which one a reader gets is decided in ``frame``."""
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


def build(language: Language, service: Service) -> Any:
    """The page with its words first in ``language``."""
    config = service.config
    local = _Localized(language)
    words = strings

    with gr.Blocks(title=words(language)["page_title"], analytics_enabled=False, fill_width=True) as blocks:
        state = gr.State(language)
        with gr.Row(elem_id="top"):
            local.add(gr.Markdown, lambda la: {"value": _heading(service, la)}, elem_id="heading")
            with gr.Row(elem_id="tools"):
                local.add(gr.Markdown, lambda la: {"value": _reader_link(la)}, elem_id="reader-link")
                switch = local.add(
                    gr.Button, lambda la: {"value": words(la)["other_language"]}, elem_id="switch", size="sm"
                )
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="chat"):
                bot = local.add(
                    gr.Chatbot,
                    lambda la: {"label": words(la)["chat_label"], "placeholder": welcome(service, la)},
                    elem_id="conversation",
                    show_label=False,
                    container=False,
                    height="100%",
                    buttons=["copy"],
                    allow_tags=False,
                    latex_delimiters=[],
                    feedback_options=None,
                    allow_file_downloads=False,
                    layout="bubble",
                )
                with gr.Column(elem_id="starters") as starters:
                    local.add(gr.Markdown, lambda la: {"value": words(la)["starters_label"]}, elem_id="starters-label")
                    with gr.Row(elem_id="starter-buttons"):
                        questions = [
                            local.add(gr.Button, _starter(number), size="sm", elem_classes="starter")
                            for number in range(1, _STARTERS + 1)
                        ]
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
                        stop = local.add(gr.Button, _word("stop"), elem_id="stop", visible=False, scale=0)
                    with gr.Row(elem_id="below"):
                        local.add(gr.Markdown, lambda la: {"value": words(la)["notice"]}, elem_id="notice")
                        local.add(gr.Markdown, lambda la: {"value": _counter(la)}, elem_id="counter")
                        clear = local.add(gr.Button, _word("clear"), elem_id="clear", size="sm", scale=0)
            with gr.Column(elem_id="panel"):
                local.add(gr.Markdown, lambda la: {"value": _panel_tools(la)}, elem_id="panel-tools")
                local.add(
                    gr.Markdown,
                    lambda la: {"value": panel(service.document, service.reading_aid, la)},
                    elem_id="document-panel",
                    latex_delimiters=[],
                )

        outputs = [bot, box, starters, send, stop]

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
            now = [*before, chat.asked(question)]
            running = [gr.update(visible=False), gr.update(visible=False), gr.update(visible=True)]
            message: chat.Message = {}
            visitor = _visitor(request)
            async for message in chat.reply(service, question, language, _mode(mode, config), before, visitor):
                yield [[*now, message], "", *running]
                running = [gr.skip()] * 3
            # A question that was too long, or met an error, goes back into the box to be mended or sent again.
            kept = question if len(question) > chat.LIMIT or "failure" in message["content"] else gr.skip()
            yield [[*now, message], kept, gr.skip(), gr.update(visible=True), gr.update(visible=False)]

        async def ask_again(
            chosen: gr.SelectData,
            history: list[chat.Message] | None,
            mode: str | None,
            language: Language,
            request: gr.Request,
        ) -> AsyncIterator[list[Any]]:
            async for step in ask(str(chosen.value), history, mode, language, request):
                yield [step[0], gr.skip(), *step[2:]]

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        asking: dict[str, Any] = {"outputs": outputs, "show_progress": "hidden", "concurrency_id": "ask"}
        running = [
            box.submit(ask, [box, bot, mode, state], api_name="ask", **asking),
            send.click(ask, [box, bot, mode, state], api_visibility="private", **asking),
            bot.option_select(ask_again, [bot, mode, state], api_visibility="private", **asking),
            *(
                button.click(ask, [button, bot, mode, state], api_visibility="private", **asking)
                for button in questions
            ),
        ]
        stop.click(
            lambda history, la: [chat.stopped(history, la), gr.update(visible=True), gr.update(visible=False)],
            [bot, state],
            [bot, send, stop],
            cancels=running,
            **quiet,
        )
        clear.click(
            lambda: [[], gr.update(visible=True), gr.update(visible=True), gr.update(visible=False)],
            None,
            [bot, starters, send, stop],
            cancels=running,
            **quiet,
        )

        def other(language: Language) -> list[Any]:
            changed: Language = "en" if language == "ja" else "ja"
            return [changed, *local.updates(changed)]

        switch.click(other, [state], [state, *local.components], **quiet)
    blocks.max_threads = _THREADS
    blocks.queue(max_size=_WAITING, default_concurrency_limit=_AT_ONCE)
    return blocks


def welcome(service: Service, language: Language) -> str:
    """The first screen: what this is, whose it is, what it is not, and where a question goes."""
    words, config, document = strings(language), service.config, service.document
    aid = service.reading_aid
    title = aid.sentences["title"] if language == "ja" and aid else document.title.text
    rows = [
        (
            words["welcome_document"],
            html.escape(words["welcome_document_text"].format(title=title, date=long_date(document, language))),
        ),
    ]
    legal = document.by_address.get("iii.p1.s1")
    if legal:
        label = render.label(document, legal.address, language)
        quote = f'<q lang="en">{html.escape(legal.text)}</q> <a href="#{legal.address}">{html.escape(label)}</a>'
        if language == "ja" and aid:
            rendering = f"{words['panel_aid']}: {aid.sentences[legal.address]}"
            quote += f'<span class="aid">{html.escape(rendering)}</span>'
        rows.append((words["welcome_legal"], quote))
    rows += [
        (words["welcome_official"], html.escape(words["welcome_official_text"])),
        (words["welcome_operator"], html.escape(_operator(config, language))),
        (words["welcome_storage"], html.escape(words["welcome_storage_text"])),
        (words["welcome_sending"], html.escape(_sending(config, language))),
    ]
    if config.official_url:
        url = html.escape(config.official_url)
        rows.append((words["welcome_official_source"], f'<a href="{url}">{url}</a>'))
    table = "".join(f"<dt>{html.escape(name)}</dt><dd>{text}</dd>" for name, text in rows)
    return f'<div class="welcome"><p class="what">{html.escape(words["welcome_what"])}</p><dl>{table}</dl></div>'


def _operator(config: Config, language: Language) -> str:
    words = strings(language)
    if not config.operator_name:
        return words["operator_unnamed"]
    if not config.operator_contact:
        return config.operator_name
    return words["welcome_operator_contact"].format(name=config.operator_name, contact=config.operator_contact)


def _sending(config: Config, language: Language) -> str:
    words = strings(language)
    if config.llm is None:
        return words["sending_none"]
    if config.llm.vendor:
        return words["sending_llm"].format(vendor=config.llm.vendor)
    return words["sending_llm_unnamed"].format(model=config.llm.model)


def _visitor(request: gr.Request) -> Visitor:
    """Who asks, as the shell found out; a session is one opening of the page."""
    session = request.session_hash
    return visitor_of(request.request.scope).at("chat", session) if request.request else NOBODY


def _mode(wished: str | None, config: Config) -> Mode | None:
    return "quote" if wished == "quote" or not config.llm_on else None


def _word(key: str) -> Props:
    return lambda language: {"value": strings(language)[key]}


def _starter(number: int) -> Props:
    return _word(f"starter_{number}")


def _heading(service: Service, language: Language) -> str:
    words = strings(language)
    subtitle = words["subtitle"].format(date=long_date(service.document, language))
    return f"# {words['heading']}\n\n{html.escape(subtitle)}"


def _reader_link(language: Language) -> str:
    return f"[{strings(language)['open_document']}](document?lang={language})"


def _counter(language: Language) -> str:
    """The counter as it stands before typing; the page's script counts on from the texts it carries."""
    words = strings(language)
    return "".join(
        f'<span class="{css_class}">{html.escape(words[key].format(count=count, limit=chat.LIMIT))}</span>'
        for css_class, key, count in (("count", "counter", 0), ("over", "counter_over", 0))
    )


def _panel_tools(language: Language) -> str:
    words = strings(language)
    return (
        f'<button class="panel-close">{html.escape(words["panel_close"])}</button>'
        f'<span class="panel-name">{html.escape(words["panel_label"])}</span>'
        f'<button class="aid-toggle">{html.escape(words["panel_aid"])}</button>'
        f'<a href="document?lang={language}">{html.escape(words["panel_reader"])}</a>'
    )


def _theme() -> gr.Theme:
    """Plain and calm; the colours and fonts themselves are set in static/chat.css."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_sm,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
