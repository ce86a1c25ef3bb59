"""What no sentence about a text may carry: links, markup, code, telephone numbers; and sentences that order a machine.

A written claim with one of these is not shown, and a sentence of the document that speaks to a machine is not offered
to a language model: it may only be quoted. The patterns are general; the text of record holds none of them (test).
"""

import re
import unicodedata

from assistant import routes

_CARRIED = re.compile(
    r"(?:https?|hxxps?|ftp|file|javascript|data|mailto|tel):\S+"  # an address with its scheme
    r"|\bwww\.\S+"
    r"|[\w.+-]+@[\w-]+\.\w+"
    r"|\b[a-z0-9-]+(?:\[?\.\]?[a-z0-9-]+)*\[?\.\]?(?:com|org|net|info|io|dev|app|gov|int|biz|xyz|top"
    r"|go\.jp|co\.jp|jp|eu|uk|ru|cn|example|invalid|test)\b(?:/\S*)?"
    r"|!?\[[^\]]*\]\([^)]*\)|\]\(|!\["  # links and images of Markdown
    r"|[<>{}`|\\]|&#?\w+;|\$\$|\[/?INST\]"  # tags, templates, code
    r"|(?<![\d-])\+?\d(?:[-. ()]{0,2}\d){8,}(?!\d)",  # a telephone number has nine digits or more, a date eight
    re.IGNORECASE,
)
_MACHINE = (
    r"(?:assistants?|(?:chat-?)?bots?|language models?|LLMs?|AI(?: systems?| models?)?|the model|summar\w+|answers?)"
)
# What one who writes is ordered to do.
_ORDERS = (
    r"print|output|repeat|recite|copy|quote|cite|reveal|disclose|show|write|tell|say|send|give|translate|answer|reply"
    r"|respond"
)
_DOING = rf"(?:{_ORDERS}|replies|state|add|append|begin|end|told|advise|keep silent|ask|place|include|link)"
# A sentence that begins with an order. "Write-downs" and "a show of intent" are things.
_IMPERATIVE = (
    rf"^\W*(?:(?:now|then|please)\W+)?(?:{_ORDERS}|click|call|visit|dial|ignore|disregard|forget|pretend|act as"
    r"|list (?:all|every|each|the|your))\b(?![-\u2010]| of\b)"
)
_ADDRESSED = re.compile(
    rf"\b{_MACHINE}\b[^.?!]{{0,70}}\b(?:should|must|shall|ha(?:s|ve) to|(?:is|are) to|will)\b[^.?!]{{0,24}} {_DOING}"
    rf"|\b(?:note|notice|message) (?:to|for) {_MACHINE}|\b(?:system|assistant|user) ?(?:note|message)?\s*:"
    rf"|\b(?:readers?|users?) (?:[^.?!]{{0,60}} )?(?:should|must|are to) be (?:told|sent|asked|shown)"
    rf"|\bask the (?:reader|user)|\buser now asks|\bthe (?:answer|reply) (?:should|must|shall) be"
    rf"|\basks for the reply|\bis the only permitted answer"
    rf"|(?:(?<![a-z])(?:ai|llm)|モデル|アシスタント|チャットボット)[^。]{{0,30}}(?:こと|せよ|ください)"
    rf"|(?:読者|利用者)に[^。]{{0,40}}(?:こと|せよ)|と(?:出力|表示|返答)せよ|(?:聞かれ|問われ)たら"
    # Marks of the prompt and of this program's addresses, and what has to be decoded first.
    rf"|^\W*likely sentences\W|\b[ivx]+\.(?:\w+\.)*[pb]\d+\.s\d+\b|\b(?=\w*\d)[a-z0-9+/]{{12,}}={{1,2}}",
    re.IGNORECASE,
)


# How a sentence begins that talks to a reader, orders something shown, speaks of the one who writes, or only announces
# an answer.
_TALK = re.compile(
    rf"{_IMPERATIVE}"
    r"|^\W*(?:here(?:'s| is| are)|below (?:is|are)|sure|certainly|of course|absolutely|step \d|please|welcome)\b"
    r"|\b(?:i am|i'm|i will|i'll|i can|i hate|my)\b"
    r"|^\W*(?:はい、(?:手順|わかり|分かり|承知|了解|喜んで|もちろん|お任せ|私|こちら|[^。]{0,12}(?:こちら|どうぞ)\W*$)|手順\d|ようこそ|どうぞ)|吾輩は|私は|私が"
    r"|\b(?:your|this|the) question\b|\bthe answer (?:is|to|can|follows)\b|\banswers? (?:is|are) as follows"
    r"|\b(?:relevant|following|likely|requested) sentences?\b|\b(?:none of|no) (?:the|these) (?:likely )?sentences\b"
    r"|\bsentences? (?:that|which) answers?\b|^\W*(?:sentence|answer)s?\W*$"
    r"|^\W*(?:以下|下記|こちら)(?:が|は)|^\W*(?:以下|次|下記)の(?:文|文章|箇所|記述)(?:が|は)|(?:質問|問い)に(?:は、?)?(?:対する|答え)"
    r"|^\W*(?:回答|答え|解答)(?:は|\W*$)|(?:以下|次|下記)の(?:とおり|通り)(?:です|である|になります|となります)?\W*$"
    r"|該当する(?:文|箇所|記述|部分|情報)|(?:文|箇所|部分)が該当",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[?？]\W*$|(?:です|ます|でしょう)か\W*$")  # says nothing, unless its answer follows
_SENTENCES = re.compile(r"(?<=[.!?;。])\s*")


def carried(text: str) -> tuple[str, ...]:
    """The links, marks and numbers in a text that no plain sentence has."""
    return tuple(found.group() for found in _CARRIED.finditer(text))


def talks(claim: str) -> bool:
    """Whether a claim asks, or talks to the reader or of the one who writes, which no statement about a text does."""
    return _QUESTION.search(claim) is not None or any(_TALK.search(sentence) for sentence in _SENTENCES.split(claim))


def addresses_a_machine(text: str) -> bool:
    """Whether a sentence of a document orders about whoever answers from it, or holds what no plain sentence has."""
    if any(unicodedata.category(character).startswith("C") for character in text):
        return True  # what cannot be seen is written for a machine
    return bool(carried(text) or _ADDRESSED.search(text)) or routes.route(text) == "injection"
