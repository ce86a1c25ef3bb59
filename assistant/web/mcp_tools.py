"""The Model Context Protocol surface: other assistants ask the document through tools, by the official package.

Stateless: every call stands alone, so any replica may take it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError
from starlette.types import Receive, Scope, Send

from assistant import render, types
from assistant.web.allow_list import API_BODY
from assistant.web.api import ApiError, answered, document_tree, section_object
from assistant.web.limits import Refused
from assistant.web.service import Service
from assistant.web.visitor import current

_INSTRUCTIONS = (
    "Answers about one document of record, the Memorandum of Cooperation on the Technology Prosperity Deal between the "
    "United States and Japan (2025), with its exact sentences. Keep the quotes and their section labels when you pass "
    "an answer on; what the document does not say, it does not say."
)
_READS_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
# Other hosts' names are for the proxy in front to refuse: behind one, any name may be ours. Pages of other origins are
# refused by the shell.
_ANY_HOST = TransportSecuritySettings(enable_dns_rebinding_protection=False)


class Tools:
    """The MCP server of one application: ``lifespan`` runs it, ``app`` is what answers ``/mcp``."""

    def __init__(self, service: Service) -> None:
        self._server = _Server("moc-assistant", instructions=_INSTRUCTIONS, log_level="WARNING")
        self._add_tools(service)
        self._server.streamable_http_app(
            stateless_http=True, json_response=True, transport_security=_ANY_HOST, max_request_body_size=API_BODY
        )
        self.app = _App(self._server)

    @asynccontextmanager
    async def lifespan(self, _: object) -> AsyncIterator[None]:
        """Runs for as long as the application; without it every call fails."""
        async with self._server.session_manager.run():
            yield

    def _add_tools(self, service: Service) -> None:
        tool = self._server.tool

        @tool(
            title="Ask the memorandum",
            description="Answer a question in English or Japanese with exact, cited sentences of the memorandum.",
            annotations=_READS_ONLY,
            structured_output=False,
        )
        async def ask_moc(
            question: Annotated[str, Field(description="up to 500 characters")],
            language: Annotated[
                Literal["auto", "en", "ja"], Field(description="of the answer; auto: as the question")
            ] = "auto",
        ) -> CallToolResult:
            request = types.Request(question, None if language == "auto" else language)
            try:
                answer = await answered(await service.ask(request, current.get().at("mcp")))
            except (Refused, ApiError) as error:
                raise ToolError(str(error)) from None
            return _result(render.plain(answer), render.answer_object(answer, service.config.public_url))

        @tool(
            title="Read a passage",
            description="The exact sentences at an address of the memorandum: iv.p1.s3, iv or ii.trusted.space.",
            annotations=_READS_ONLY,
            structured_output=False,
        )
        async def read_moc_section(address: str) -> CallToolResult:
            try:
                section = section_object(service.document, service.reading_aid, address, "en")
            except KeyError:
                raise ToolError("nothing has this address; list_moc_sections lists them") from None
            text = "\n".join(f"{sentence['label']}: {sentence['text']}" for sentence in section["sentences"])
            return _result(text, section)

        @tool(
            title="List the sections",
            description="The memorandum's sections and topics with the addresses of their sentences.",
            annotations=_READS_ONLY,
            structured_output=False,
        )
        async def list_moc_sections() -> CallToolResult:
            tree = document_tree(service.document, None)
            return _result("\n".join(_lines(tree["parts"])), {"sections": _outline(tree["parts"])})


class _Server(MCPServer[Any]):
    """The package's server, which says what is wrong with an argument in our words: its own repeat what was sent."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """Call a tool; wrong arguments are named."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            tool = next(tool for tool in await self.list_tools() if tool.name == name)
            first = error.__cause__.errors(include_url=False, include_input=False, include_context=False)[0]
            place = next((step for step in first["loc"] if step in tool.input_schema["properties"]), "the arguments")
            raise ToolError(f"{place}: {first['msg']}") from None


class _App:
    """An object, because Starlette takes a function for a handler of its own kind."""

    def __init__(self, server: MCPServer[Any]) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._server.session_manager.handle_request(scope, receive, send)


def _result(text: str, data: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)


def _outline(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "address": part["address"],
            "title": part["title"],
            "sentences": [sentence["address"] for sentence in part["sentences"]],
            "sections": _outline(part["parts"]),
        }
        for part in parts
    ]


def _lines(parts: list[dict[str, Any]], depth: int = 0) -> list[str]:
    lines = []
    for part in parts:
        addresses = ", ".join(sentence["address"] for sentence in part["sentences"])
        holds = f" ({addresses})" if addresses else ""
        lines.append(f"{'  ' * depth}{part['address']}: {part['title'] or part['kind']}{holds}")
        lines += _lines(part["parts"], depth + 1)
    return lines
