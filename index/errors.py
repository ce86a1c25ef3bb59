"""The errors a user may see: one line, with the value, the limit and the way out."""


class UserError(Exception):
    """Base of everything shown to a user as one line; any other exception is a bug.

    ``exit_code`` is what a command ends with (docs: exit codes in the README).
    """

    exit_code = 2


class ConfigError(UserError):
    """A setting or argument is missing, unknown or malformed (exit 2)."""


class EmbeddingUnavailable(ConfigError):
    """The embedding server refuses or does not answer: for a command a mistake of the set-up, for a service a state."""


class DocumentError(UserError):
    """A text file of the document, its bank or reading aid does not hold together (exit 2)."""


class IndexUnusable(UserError):
    """The index is missing, stale or damaged and may not be rebuilt here (exit 4)."""

    exit_code = 4
