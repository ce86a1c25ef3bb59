"""How a reader wishes to be told ("in plain English", 「わかりやすく」): words that say nothing of what is asked."""

import re

_YEARS = r"(?:\d+|five|six|seven|eight|nine|ten|eleven|twelve)"
# As parts of patterns, for questions in lower case with straight quotes.
MANNER_EN = (
    rf"(?:like|as if) i(?:'m| am| was| were) (?:an? )?(?:{_YEARS}(?:[- ]years?[- ]old)?|child|kid|beginner)|eli5"
    r"|in (?:very )?(?:plain|simple|easy|everyday|lay(?:man'?s|person'?s)?|non-?technical|normal) "
    r"(?:english|japanese|words?|terms?|language)"
    rf"|for (?:an? |my )?(?:{_YEARS}[- ]years?[- ]olds?|dumm(?:y|ies)|beginners?|laypeople|lay ?person|non-?experts?)"
    r"|(?:simply|briefly|plainly) put|in (?:a few|other) words"
)
MANNER_JA = (
    r"(?:小学生|中学生|高校生|子ども|子供|素人|初心者|専門外の人)(?:に)?(?:でも|にも|も)?"
    r"(?:(?:わかる|分かる|理解できる)(?:よう|くらい|言葉)|向け)(?:に|で)?"
    r"|(?:わかり|分かり|解り)やすく|[か噛]み砕いて|(?:やさし|易し|簡単な|平易な)い?言葉で|(?:簡単|平た|手短|要する)[にく]言[うえ](?:と|ば)"
)
_MANNER = re.compile(rf"[\s,、]*(?:\b(?:{MANNER_EN})\b|{MANNER_JA})[\s,、]*", re.IGNORECASE)


def without_manner(text: str) -> str:
    """A question without how it wishes to be answered; as it was where nothing else would be left."""
    rest = _MANNER.sub(" ", text.replace("’", "'")).strip()
    return rest if re.search(r"\w{2}", rest) else text
