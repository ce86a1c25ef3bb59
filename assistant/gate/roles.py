"""Who does what to whom: who gives notice, whose laws, who supplies whom; a claim may not turn it around."""

import re

from assistant.gate.marks import JP, US, side_of
from assistant.gate.record import Cited
from assistant.gate.words import plain

_WHO = r"(?:unitedstates|united states|america|washington|japan|tokyo|japanese|american)"
_WHO_JA = r"(?:米国|アメリカ|日本国?)"
_ENDS = (
    r"(?:discontinu\w*|end(?:s|ed|ing)?|leav(?:e|es|ing)|withdraw\w*|terminat\w*|quit\w*|pulls? out|cancel\w*|"
    r"wants? out|exits?)"
)
_IS_IT = r"(?:(?:is|being) (?:the (?:one|side|participant) )?)?(?:that|who|which) "
_WRITES = r"provid|giv|notif|send|inform|deliver|tell|issu|serv|put|writ|hand|fil|submit|announc|communicat"
_ENDS_FIRST = (
    re.compile(rf"\b(?:when|if|where|should|once|after|whenever) (?:the )?(?P<who>{_WHO})\b[^.;]{{0,40}}?\b{_ENDS}"),
    re.compile(
        rf"(?P<who>{_WHO})(?: government| side)? (?:may|can|could|is free to|chooses to|decides to|wants to|"
        rf"wishes to) {_ENDS}"
    ),
    re.compile(rf"(?P<who>{_WHO_JA})(?:側|政府)?(?:が|から|による|は|の)[^。]{{0,14}}?(?:終了|やめ|離脱|打ち切)"),
)
_NOTIFIES = (
    re.compile(
        rf"(?P<who>{_WHO})(?:'s)?(?: (?!may|can|could)\w+){{0,4}}? (?:should|that should|which should|has to|"
        rf"must|needs to|is to|would|ought to|will|to) (?:(?!be\b)\w+ ){{0,2}}?(?:{_WRITES})"
    ),
    re.compile(rf"(?:notice|notification) (?:\w+ ){{0,4}}?(?:from|by) (?:the )?(?P<who>{_WHO})"),
    re.compile(
        rf"(?P<who>{_WHO_JA})(?:側|政府)?(?:から|が)(?:(?!終了|やめ|離脱|打ち切)[^。]){{0,20}}?(?:通知(?!を受け)|"
        r"知らせ|伝え)"
    ),
    re.compile(rf"(?:通知|知らせ|伝え)[^。]{{0,14}}?(?:側|の|者)[^。]{{0,8}}?は、?(?P<who>{_WHO_JA})"),
    re.compile(rf"通知[^。]{{0,4}}は、?(?P<who>{_WHO_JA})(?:側|政府)?(?:から|が)"),
)
_NOTIFIED = re.compile(
    rf"(?P<who>{_WHO})(?: government| side)? (?:should|must|has to|is to|would|"
    r"ought to) (?:\w+ )?(?:be (?:notified|informed|told)|receive)"
)
_OTHER_NOTIFIES = re.compile(
    rf"\bthe other (?:participant |side |party |government |country |one )?(?:{_IS_IT})?(?:should|must|has to|is to|"
    r"would|ought to|needs to|shall|will|is expected to|is supposed to|is asked to|is responsible for) "
    rf"(?:(?!be\b)\w+ ){{0,2}}?(?:{_WRITES})|"
    rf"\b(?:the )?(?:{_WRITES})\w* [^.;]{{0,40}}\b(?:is|falls|lies|rests) (?:up to|on|with|the task of|a matter for) "
    r"the other\b|"
    r"\bnotice (?:\w+ ){0,5}?(?:from|by) the other\b|"
    r"(?:他方|相手|もう一方)(?:の(?:参加者|国|政府|側))?(?:の)?(?:方|ほう|国|側)?(?:が|から)[^。]{0,16}?(?:通知|知らせ|"
    r"伝え)(?!を受け|され|られ)"
)
_RECEIVER_NOTIFIES = re.compile(
    r"(?:通知|知らせ)[^。]{0,8}は、?[^。]{0,6}(?:終了させる|終了する|終了を望む|やめる|離脱する)(?:側|方|参加者|国)[^。、]{0,3}(?:に|へ|宛)|"
    r"\b(?:receiv\w+|stays?|remain\w*|staying|notified)\b[^.;]{0,36}\b(?:should|must|has to|is to|would|"
    rf"ought to|needs to|is supposed to|is asked to)\b (?:(?!be\b)\w+ ){{0,2}}?(?:{_WRITES})|"
    r"\b(?:notice|notification|informed?|notify)\b[^.;]{0,40}\bto the (?:\w+ )?(?:that|which|"
    r"who) (?:is )?(?:discontinu|leav|withdraw|end|terminat)|"
    r"\bto the (?:discontinuing|departing|withdrawing|leaving|terminating)\b|"
    r"\b(?:notice|notification|informed?|notify|tell)\b[^.;]{0,40}\bto the (?:one|side|participant|country|party|"
    r"government) (?:that is |which is |who is )?(?:discontinu|leav|withdraw|end|terminat)|"
    r"\bthe (?:one|side|participant|country|party|government) (?:that is |which is )?left(?: behind)?\b[^.;]{0,20}"
    r"\b(?:should|must|has to|is to|would|ought to)\b (?:\w+ )?(?:provide|give|notify|send|inform)|"
    r"(?:終了させる|終了する|やめる|離脱する)(?:側|方|参加者|国)(?:の参加者|の国)?(?:に|へ|"
    r"に対し)[^。]{0,16}(?:通知|知らせ)|"
    r"(?:終了させられる|終了される|通知される)(?:側|方)[^。]{0,8}(?:が|から)[^。]{0,20}(?:通知|知らせ)|"
    r"(?:受け取る|受け取った|受ける|受けた|残る)(?:側|方)?(?:の(?:参加者|国))?(?:参加者|国|側)?(?:が|"
    r"から)[^。]{0,20}(?:通知|知らせ)"
)
_LEAVER_IS_TOLD = re.compile(  # the one that ends it as the one that is told, and the one that stays as the sender
    r"\b(?:discontinu\w*|leav(?:e|es|ing)|ending|withdraw\w*|terminat\w*|wants? out|quit\w*)\b(?:(?!\bother\b|"
    r"counterpart)"
    r"[^.;,]){0,40}\b(?:should|must|ought to|has to|is to|would|is supposed to) (?:\w+ )?(?:be (?:given|sent|handed|"
    r"notified|told|informed|served)|receive|get|await|wait for)\b|"
    r"\b(?:notice|notification|writing|word)\b[^.;]{0,40}\b(?:from|by) (?:the |its |their |whichever |"
    r"whoever )?(?:\w+ )?"
    r"(?:other\b|counterpart|remain\w*|receiv\w+|stay\w*|(?:one|side|participant|country|party|"
    r"government)? ?(?:that |which |who )?"
    r"(?:is |has |does |did )?(?:not |n't |stays|remains|staying|left behind))|"
    r"(?:終了(?:させ|を望|する|した)|やめ|離脱)[^。、]{0,12}(?:参加者|側|国|方|ほう)(?:は|が|に)、?(?:(?!相手(?:方|国)?(?:に|へ)|他方[^。、]{0,6}(?:に|へ))"
    r"[^。、]){0,24}(?:通知|知らせ)(?:を受け|が(?:届|行わ|送ら)|され)|"
    r"(?:通知|書面)[^。]{0,14}(?:のは|者は|側は|方は)、?[^。]{0,8}(?:告げられ|知らされ|伝えられ|通知され|とどま|残)|"
    r"(?:告げられ|知らされ|伝えられ|言い渡され|とどま|残)[^。、]{0,4}(?:側|ほう|方|参加者|国)(?:の(?:参加者|国))?(?:が|から|は)"
    r"(?![^。]{0,24}(?:受け|知らされ|届))[^。]{0,30}(?:通知|書面|知らせ|行[うわ]|送)"
)
_TURNED_NOTICE = re.compile(  # the one that is told is made the one that ends it, or writes
    r"\b(?:receiv\w+|notified|recipient|informed)\b[^.;]{0,50}\b(?:one|side|participant|"
    r"party)\b[^.;]{0,30}\b(?:discontinu|"
    r"end(?:s|ed|ing)?\b|terminat|withdr)\w*|"
    r"\b(?:recipient|receiving (?:participant|side|party)|notified (?:participant|side|party)|participant (?:being )?"
    r"(?:notified|left behind)|remaining (?:participant|side|party))\b[^.;]{0,40}\b(?:provide|give|send|issue|"
    r"deliver|write|"
    r"notify|inform)\w*|"
    r"(?:通知(?:を受け(?:た|る|取る|取った)|された)|終了を通知された|受け取った)(?:側|ほう|方|参加者|"
    r"国)(?:の(?:参加者|国))?(?:が|から|は)"
    r"[^。]{0,24}(?:書面|通知|終了|送|知らせ)"
)
_OTHERS_LAW = re.compile(
    r"\b(?:each other|one another|the other(?: side| country| participant| party|"
    r" government)?)'s? (?:own )?(?:domestic |national |internal )?laws?\b|\blaws? of (?:the other|(?:its|their|"
    r"the) counterparts?|each other|one another)\b|\bcounterpart's (?:\w+ )?laws?\b|"
    r"(?:相手(?:国|方|側)?|互い|他方(?:の(?:国|参加者))?)の(?:国内)?法"
)
_DECLARES_FOR = re.compile(  # one side speaks for the other
    rf"(?P<one>{US}|{JP})(?: government)? (?:declares|states|says|announces) that (?:the )?(?P<other>{US}|{JP})|"
    rf"(?P<one_ja>{US}|{JP})(?:側|政府)?は、?(?P<other_ja>{US}|{JP})(?:側|政府)?が[^。]{{0,40}}(?:宣言|表明)"
)
_SIDE_LAW = re.compile(
    rf"\blaws? of (?:the )?(?P<of>{US}|{JP})|(?P<law>{US}|{JP})(?:'s|の)? ?(?:own )?(?:domestic |national |"
    rf"internal )?(?:laws?\b|国内法|法律|法令|"
    r"法(?=を|に))"
)
_TRANSFER = re.compile(
    r"(?:export\w*|sell\w*|suppl(?:y|ies)|provid\w+|giv\w+|pay\w*|transfer\w*|fund\w*|send\w*|lend\w*|ship\w*|"
    rf"offer\w*)\b[^.;。]{{0,60}}?\b(?:to|into|for) (?:the )?(?:{US}|{JP})(?! and)|"
    rf"(?:{US}|{JP})(?:への|へ|に|向け(?:の|に)?)輸出|"
    rf"(?:{US}|{JP})(?:側|政府)?(?:が|から|は)[^。]{{0,10}}(?:{US}|{JP})(?:側|政府)?(?:に|へ|"
    rf"への)[^。]{{0,30}}(?:輸出|販売|供給|提供|支払|移転|拠出|支援)"
)


def turned(claim: str, cited: Cited) -> bool:
    """Whether a claim turns around who acts and who is acted upon."""
    said = plain(claim)
    return _wrong_notifier(said, cited) or _wrong_law(said, cited) or _one_way(said, cited)


def _wrong_notifier(said: str, cited: Cited) -> bool:
    """Who discontinues gives the notice, and the other receives it."""
    if "provide written notice" not in cited.english:
        return False
    if (
        _OTHER_NOTIFIES.search(said)
        or _RECEIVER_NOTIFIES.search(said)
        or _TURNED_NOTICE.search(said)
        or _LEAVER_IS_TOLD.search(said)
    ):
        return True
    ends = {side_of(m["who"]) for pattern in _ENDS_FIRST for m in pattern.finditer(said)}
    gives = {side_of(m["who"]) for pattern in _NOTIFIES for m in pattern.finditer(said)}
    told = {side_of(m["who"]) for m in _NOTIFIED.finditer(said)}
    if len(ends) != 1:
        return False
    return bool(gives - ends) or bool(told & ends)


def _wrong_law(said: str, cited: Cited) -> bool:
    """Each side means to abide by its own laws."""
    if "abide by their respective" not in cited.english:
        return False
    if _OTHERS_LAW.search(said) or any(
        side_of(match["one"] or match["one_ja"]) != side_of(match["other"] or match["other_ja"])
        for match in _DECLARES_FOR.finditer(said)
    ):
        return True
    if _only_laws_of_other(said):
        return True
    for match in _SIDE_LAW.finditer(said):
        before = said[max(0, match.start() - 70) : match.start()]
        named = [m.group() for m in re.finditer(f"{US}|{JP}", before)]
        if (
            named
            and side_of(named[-1]) != side_of(match["law"] or match["of"])
            and not re.search(r"(?:and|with|or|及び|と|・|や|、) ?(?:the )?$", before)
        ):
            return True
    return False


def _only_laws_of_other(said: str) -> bool:
    """One side, in whatever order, and the laws of the other alone."""
    laws = list(_SIDE_LAW.finditer(said))
    owners = {side_of(match["law"] or match["of"]) for match in laws}
    named = {
        side_of(match.group())
        for match in re.finditer(f"{US}|{JP}", said)
        if not any(law.start() <= match.start() < law.end() for law in laws)
    }
    return len(owners) == len(named) == 1 and owners != named


def _one_way(said: str, cited: Cited) -> bool:
    """Goods, money or help from one side to the other, which no sentence of the document speaks of."""
    if _TRANSFER.search(cited.everything):
        return False
    return any(
        not re.search(r"notice|notif|通知|inform|tell|respect", said[max(0, m.start() - 20) : m.end() + 20])
        for m in _TRANSFER.finditer(said)
    )
