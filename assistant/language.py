"""Which language a question is asked in: English, Japanese, or one this assistant does not speak.

Scripts decide first. Characters that only one of the Japanese and Chinese national character sets holds (JIS X 0208
level 1, GB 2312, Big5) tell kanji-only Japanese from Chinese; words do where every character is shared. Languages in
Latin letters are told by their function words, and what is short or unclear counts as English.
"""

import re
from collections.abc import Iterable
from functools import cache

from assistant.types import Language

_KANA = re.compile(r"[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff]")
_HAN = re.compile(r"[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_HAN_RUN = re.compile(r"[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"(?<![\w-])[a-z\u00aa-\u024f\u1e00-\u1eff]+(?:'[a-z\u00aa-\u024f]+)*")
_VIETNAMESE = re.compile(r"[\u1ea0-\u1ef9ăđơư]")
_ACCENTED = re.compile(r"[\u00df-\u024f\u1e00-\u1eff]")
_OTHER_SCRIPT = re.compile(
    r"[\u0370-\u05ff\u0600-\u06ff\u0750-\u077f\u0900-\u0dff\u0e00-\u0eff\u0f00-\u109f\u10a0-\u11ff\u1200-\u137f"
    r"\u1780-\u17ff\u1f00-\u1fff\ua960-\ua97f\uac00-\ud7ff\ufb50-\ufdff\ufe70-\ufeff]"
)
_ENGLISH = frozenset(
    "a about above after again all am an and any are aren't as at be because been before being below between"
    " both but by "
    "can can't could did didn't do does doesn't don't during each either else ever every few for from further"
    " give had "
    "has have he hello her here him his how i i'm if in into is isn't it it's its itself just let list many may"
    " me might "
    "more most much must my no not nothing of off on once only or other our out over own please same say says"
    " shall she "
    "should show since so some still such tell than thank thanks that that's the their them then there these"
    " they this "
    "those through to too under until up upon us very was wasn't we were what what's when where which while who whom "
    "whose why will with would yes yet you your".split()
)
# One of these makes an English sentence of a question that names something in kanji.
_SENTENCE = frozenset("what who when where why how which does do did is are was were can could the please tell".split())
# Function and question words, and a few others that every question about an agreement uses. Words that English has too
# are left out or weigh nothing, because English function words stand against them.
_FOREIGN = {
    "spanish": "el la los las un una unos unas del al que qué cual cuál cuáles quién quiénes cómo cuándo cuánto"
    " cuántos "
    "cuánta dónde por para con sin sobre es son está están hay fue ser si sí y o pero como más este esta ese esa"
    " su sus "
    "se lo nos le les también entre desde hasta en de cuando donde quien cuanto porque puede pueden dice acuerdo"
    " países "
    "hablan habla mencionan tiene tienen días algún alguna existe",
    "french": "le la les un une des du de au aux que qui quoi quel quelle quels quelles comment quand combien où"
    " pourquoi "
    "est sont sur pour avec sans dans par et ou mais ce cette ces son sa ses se il elle ils elles nous vous y en"
    " ne pas "
    "plus entre depuis peut peuvent accord parle-t-on quelqu'un d'accord c'est qu'est-ce l'accord est-ce dit"
    " mémorandum",
    "german": "der die das den dem des ein eine einen einem einer und oder aber nicht ist sind war wird werden wurde "
    "wurden was wer wie wann wo warum wieso welche welcher welches mit ohne für von vom zum zur im am bei auf"
    " über unter "
    "zwischen nach aus auch noch es sie er wir ihr sich hat haben kann können muss müssen steht gibt gilt dass"
    " wenn als "
    "da dieses diese dieser abkommen viel lange etwas alles",
    "portuguese": "o os as um uma uns umas do da dos das no na nos nas ao à que qual quais quem como quando quanto "
    "quantos onde por para com sem sobre é são está estão há foi ser se e ou mas mais este esta esse essa isso"
    " seu sua "
    "em de entre desde até também pode podem não acordo países tem têm memorando dias algum alguma existe texto"
    " fala falam diz",
    "italian": "il lo la i gli le un uno una del della dei delle dello degli al alla che cosa quale quali chi"
    " come quando "
    "quanto quanti dove perché per con senza su sul sulla è sono c'è ci sta stato stata essere se e o ma più questo "
    "questa quello di da in nel nella tra fra anche può possono non accordo paesi si parla parlano giorni previsto",
    "dutch": "de het een en of maar niet is zijn was wordt worden wat wie hoe wanneer waar waarom welke met"
    " zonder voor "
    "van op over onder tussen naar uit ook nog er dit deze die dat kan kunnen moet moeten heeft hebben overeenkomst",
    "indonesian": "apakah yang dan dengan untuk dari ini itu tidak ada bagaimana berapa siapa kapan di mana dimana "
    "secara kedua jika kalau akan oleh dalam apa pada bisa harus atau tentang antara negara adalah saja jepang"
    " amerika "
    "perjanjian kerja sama hukum mengapa kenapa lama bidang disebut",
    "vietnamese": "là và của có không những các cho với về này nào gì khi ai bao nhiêu hai nước được trong phải"
    " ở đâu "
    "như thế nhật bản mỹ ký bản ghi",
    "turkish": "ve bir bu ne nasıl nerede kim için ile mi mı mu mü var yok hangi kaç zaman değil olarak anlaşma mıdır",
    "polish": "i w na z do że się jest są co kto jak kiedy gdzie czy nie dla po od który która które umowa ile ma",
    "swedish": "och att det som en ett är på för av med den till vad vem hur när var varför inte om finns"
    " avtalet vilka",
    "tagalog": "ang ng mga sa ay na at ba ano sino kailan saan paano bakit hindi ito may kung para kasunduan ilan",
}
_CHINESE = (
    r"什么|什麼|多久|智能|信息|合作|哪[些里裡个個一年种種家]|多少|怎[么麼样樣]|如何|为何|為何|是否|有没有|有沒有"
    r"|是什|吗|嗎|呢|吧|的[是了]|了$|[这這那]|[们們]|"
    r"请问|請問|可以|能否|[他她它]|没有|沒有|因为|因為|所以|但是|以及|或者|关于|關於|还是|還是|几[天个年]|何时|何時"
    r"|谁|誰|不|与|與|我(?!が国|国)"
    r"|是(?![正非認])|在(?![日住籍外])|[你您]|和(?![平解文])|被(?!害)|把|会(?:不|否)|需要|提到|介[绍紹]|解[释釋]"
    r"|告[诉訴]|想知道"
)
_CHINESE_PATTERN = re.compile(_CHINESE)
# Kanji words of Japanese questions that Chinese does not use in this way.
_JAPANESE_PATTERN = re.compile(
    r"無能|馬鹿|阿呆|最低|最悪|有無|一覧|覚書|御中|教示|是非|何[日時年人件度語処故者国社割箇]|内容確認|要約|概要"
    r"|件数|詳細|締結日|署名[日者]|開始日|終了|拘束力[有無]|"
    r"協力覚書|対象国|担当|省庁|適用|理由|可否|要否|当否|参考訳|原文|文面|記載|箇所|[一-龥]{2,}(?:等|時|前|後|先|元"
    r"|側|用|毎|別|中|済)$|取扱|取決|目的|手続|"
    r"期間|機構|両国|全文|訳文|仮訳|通知|教育|扱|条文|予算|金額|趣旨|背景|役割|機関名|定義|違反時|罰則|種類|各国"
    r"|英語|日本語|公用語|海底|医薬品|宇宙"
)


class Languages:
    """Tells languages apart; ``japanese`` is text whose kanji words count as Japanese, ``english`` words as"
    " English."""

    def __init__(self, japanese: Iterable[str], english: frozenset[str]) -> None:
        self._pairs = frozenset(pair for text in japanese for run in _HAN_RUN.findall(text) for pair in _pairs(run))
        self._english = english | _ENGLISH

    def of(self, text: str) -> Language | None:
        """The language of a cleaned text; None for a language that is neither English nor Japanese."""
        plain = text.casefold()
        if plain.isascii():
            return self._latin(plain)
        words = _WORD.findall(plain)
        english = sum(word in _ENGLISH for word in words)
        other = len(_OTHER_SCRIPT.findall(plain))
        kana = len(_KANA.findall(plain))
        if other >= 2 and other > kana and english < 2:
            return None
        han = len(_HAN.findall(plain))
        if kana:
            quoted = english >= 3 and _SENTENCE.intersection(words) and kana + han < sum(map(len, words))
            chinese = kana == 1 and han >= 4 and self._foreign_characters(plain)  # の is fashionable in Chinese
            return "en" if quoted else None if chinese else "ja"
        if han and _SENTENCE.intersection(words) and han < sum(map(len, words)):
            return "en"
        if han:
            return "ja" if self._is_japanese(plain) or (words and not self._chinese(plain)) else None
        return self._latin(plain)

    def _latin(self, plain: str) -> Language | None:
        words = _WORD.findall(plain)
        unknown = [word for word in words if word not in self._english]
        if "¿" in plain or "¡" in plain or len(_VIETNAMESE.findall(plain)) >= 2:
            return None
        if not unknown:
            return "en"
        english = sum(word in _ENGLISH for word in words)
        foreign = max(sum(word in names for word in words) for names in _function_words().values())
        accented = sum(_ACCENTED.search(word) is not None for word in unknown)
        known = len(words) - len(unknown) - english
        foreign_score = foreign + accented + 0.5 * (len(unknown) - accented)
        if foreign + accented == 0 or len(words) < 2:
            return "en"
        return None if foreign_score > 1.5 * english + 0.75 * known and foreign + accented >= 1 else "en"

    def _chinese(self, text: str) -> bool:
        """Whether a character or function word occurs that only Chinese has."""
        return _CHINESE_PATTERN.search(text) is not None or self._foreign_characters(text)

    def _foreign_characters(self, text: str) -> bool:
        return any(not japanese and (simplified or traditional) for japanese, simplified, traditional in _homes(text))

    def _is_japanese(self, text: str) -> bool:
        """Kanji only: Japanese or Chinese?"""
        homes = _homes(text)
        not_japanese = sum(not japanese for japanese, _, _ in homes)
        not_simplified = sum(not simplified for _, simplified, _ in homes)
        not_traditional = sum(not traditional for _, _, traditional in homes)
        chinese_words = len(_CHINESE_PATTERN.findall(text))
        if not_japanese and not_japanese >= min(not_simplified, not_traditional):
            return False
        pairs = [pair for run in _HAN_RUN.findall(text) for pair in _pairs(run)]
        share = sum(pair in self._pairs for pair in pairs) / len(pairs) if pairs else 1.0
        evidence = 2 * share + len(_JAPANESE_PATTERN.findall(text)) - 2 * chinese_words
        if not not_japanese and not_simplified and not_traditional:
            evidence += 2
        if " " in text.strip():  # keyword style
            evidence += 0.5
        return evidence > 0.5


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


@cache
def _function_words() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(word for word in words.split() if not (word.isascii() and len(word) == 1)) - _ENGLISH - {"ai"}
        for name, words in _FOREIGN.items()
    }


def _homes(text: str) -> list[tuple[bool, bool, bool]]:
    """For each kanji: written in Japan today, in simplified, in traditional Chinese? Neutral where none is sure."""
    return [_home(character) for character in _HAN.findall(text)]


@cache
def _home(character: str) -> tuple[bool, bool, bool]:
    def holds(codec: str) -> bytes:
        try:
            return character.encode(codec)
        except UnicodeEncodeError:
            return b""

    simplified, traditional = bool(holds("gb2312")), bool(holds("big5"))
    jis = holds("euc_jp")
    level_one = len(jis) == 2 and jis[0] < 0xD0
    # Level 2 holds the old forms (國, 學) that are Chinese in a question of today, and rare characters all three share.
    japanese = level_one or (len(jis) == 2 and simplified and traditional) or character in "々彙瑞曖昧璧訃遡餅拶挫賂"
    return japanese, simplified, traditional
