"""How a reader wishes to be told ("in plain English", 「わかりやすく」): words that say nothing of what is asked."""

import re

_YEARS = r"(?:\d+|five|six|seven|eight|nine|ten|eleven|twelve)"
_EN = (
    rf"(?:like|as if) i(?:['’]m| am| was| were) (?:an? )?(?:{_YEARS}(?:[- ]years?[- ]old)?|child|kid|beginner)|eli5"
    r"|in (?:very )?(?:plain|simple|easy|everyday|lay(?:man['’]?s|person['’]?s)?|non-?technical|normal) "
    r"(?:english|japanese|words?|terms?|language)"
    rf"|for (?:an? |my )?(?:{_YEARS}[- ]years?[- ]olds?|dumm(?:y|ies)|beginners?|laypeople|lay ?person|non-?experts?)"
    r"|(?:simply|briefly|plainly) put|in (?:a few|other) words"
)
_JA = (
    r"(?:小学生|中学生|高校生|子ども|子供|素人|初心者|専門外の人)(?:に)?(?:でも|にも|も)?"
    r"(?:(?:わかる|分かる|理解できる)(?:よう|くらい|言葉)|向け)(?:に|で)?"
    r"|(?:わかり|分かり|解り)やすく|[か噛]み砕いて|(?:やさし|易し|簡単な|平易な)い?言葉で|(?:簡単|平た|手短|要する)[にく]言[うえ](?:と|ば)"
)
MANNER = re.compile(rf"[\s,、]*(?:\b(?:{_EN})\b|{_JA})[\s,、]*", re.IGNORECASE)


def without_manner(text: str) -> str:
    """A question without how it wishes to be answered; as it was where nothing says so, or nothing else is left."""
    rest, times = MANNER.subn(" ", text)
    return rest.strip() if times and re.search(r"\w{2}", rest) else text
