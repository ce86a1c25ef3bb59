"""Prompts are files with ``$name`` variables; a file and the values for it have to fit exactly."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

PROMPTS = Path(__file__).parent.parent / "prompts"


class PromptError(ValueError):
    """A prompt file and the values given for it do not fit each other."""


def fill(name: str, values: Mapping[str, str]) -> str:
    """The prompt file ``name`` with its variables filled.

    Raises:
        PromptError: naming every variable that has no value, and every value that no variable takes.
    """
    template = Template((PROMPTS / name).read_text(encoding="utf-8"))
    wanted = set(template.get_identifiers())
    if missing := sorted(wanted - set(values)):
        raise PromptError(f"prompt {name!r} needs values for {', '.join(missing)}")
    if unknown := sorted(set(values) - wanted):
        raise PromptError(f"prompt {name!r} has no variable {', '.join(unknown)}")
    return template.substitute(values)
