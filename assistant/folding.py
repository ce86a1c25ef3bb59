"""One form for what readers write in several: full and half width, capitals, curly apostrophes."""

import unicodedata


def plain(text: str) -> str:
    """NFKC, without case, apostrophes straight: how terms and index words are looked up."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
