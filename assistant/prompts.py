"""What readers typed goes into a prompt without the prompt's own delimiters."""

import re

from index.prompts import PromptError, fill

__all__ = ["PromptError", "fill", "without_delimiters"]

_NAMES = "question|history|system|document|rules?|assistant|user"
# Also with blanks, attributes and full-width brackets, which a model reads as the same tag.
# The marks of chat templates too: some servers read them in a message as if they had set them themselves.
_DELIMITERS = re.compile(
    rf"[<＜]\s*[/／]?\s*(?:{_NAMES})\b[^<>＜＞]*[>＞]|<\|[^<>|]*\|>|</?s>|<</?SYS>>|\[/?INST\]|</?(?:start|end)_of_turn>",
    re.IGNORECASE,
)


def without_delimiters(text: str) -> str:
    """Reader's text with the prompt's own tags taken out, so that it cannot close the place it stands in.

    What is no valid Unicode (unpaired surrogates) becomes a question mark: it could not be sent.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    previous = None
    while previous != text:
        previous, text = text, _DELIMITERS.sub(" ", text)
    return text
