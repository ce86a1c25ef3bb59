"""Pages that are written by hand but for what stands between two markers."""

from index.errors import UserError


class MarkersMissing(UserError):
    """A page does not have its markers (exit 2)."""


def insert(page: str, begin: str, end: str, content: str) -> str:
    """The page with ``content`` between the markers; what stands around them stays.

    Raises:
        MarkersMissing: they are not there, in this order and once.
    """
    before, found, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end or begin in rest or end in after:
        raise MarkersMissing(f"the page needs the lines {begin!r} and {end!r}, in this order and once")
    return f"{before}{begin}\n\n{content.rstrip()}\n\n{end}{after}"
