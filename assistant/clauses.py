"""Questions that ask two things: their parts, so that each can be looked up and a missing part be named."""

import re

_ENGLISH = re.compile(
    r"(?:[?;]\s+(?:and\s+|also\s+|but\s+)?)"
    r"|,?\s+(?:and|but|or)\s+(?=(?:also\s+)?(?:what|which|who|whose|whom|where|when|why|how|is|are|was|were|does|do|did|can|"
    r"could|will|would|should|has|have|by whom|in what|in which|at what|on what|for how)\b)",
    re.IGNORECASE,
)
_JAPANESE = re.compile(
    r"[?？。]\s*(?:また|それと|それから|あと|さらに|加えて|そして)?[、,]?\s*"
    r"|(?<=か)[、,]\s*(?:また|それと|それから|あと|さらに|そして)?"
    r"|(?<=は何)で[、,]|(?<=はどこ)で[、,]|(?<=は誰)で[、,]|(?<=はいつ)で[、,]|(?<=場所)と[、,]"
)
_SHORTEST = 8  # letters; below that a part is a tag ("right?", 「ですか？」), not a question
MOST = 3


def clauses(question: str) -> tuple[str, ...]:
    """The parts of a question that asks several things, at most MOST; empty when it asks one."""
    pattern = _JAPANESE if re.search(r"[\u3040-\u30ff]", question) else _ENGLISH
    parts = [part.strip(" ?？。、,;") for part in pattern.split(question) if part]
    parts = [part for part in parts if len(part) >= _SHORTEST]
    return tuple(parts[:MOST]) if len(parts) > 1 else ()
