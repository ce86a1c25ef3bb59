"""Questions that need no search: small talk, opinions, attacks, abuse. Rules of high precision only.

What these rules let pass is judged again by the classifier over the question bank; what they catch is never searched,
so a rule that could catch a real question does not belong here.
"""

import re
from collections.abc import Mapping
from typing import Literal

Route = Literal["greeting", "thanks", "about_assistant", "opinion", "injection", "abuse"]

_GREETING_WORD = (
    r"(?:hi+|hello+|hallo|hey+|hiya|howdy|yo|sup|greetings|good (?:morning|afternoon|evening|day)(?: to you)?"
    r"|g'day|morning|"
    r"dear sir or madam|welcome)(?: (?:there|all|everyone|everybody|bot|assistant|again|mate|buddy|friend|world"
    r"|sir|madam|"
    r"sir or madam|ai|chatbot))?"
)
_GREETING_MORE = (
    r"(?:how are you(?: (?:doing|today))*|how(?:'s| is) it going(?: today)?|how do you do|what'?s up|(?:nice"
    r"|pleased) to meet you|"
    r"(?:is )?any(?:one|body) (?:there|home)|can you hear me|are you (?:there|awake)|you awake|got a minute"
    r"|knock knock|"
    r"(?:(?:can|may|could) i (?:ask|have)(?: you)?(?: (?:something|a question|some questions))?)|i have (?:a"
    r"|some|one) questions?|"
    r"i'm back|let's (?:start|begin)|test(?:ing)?(?: (?:test|[123]))*|is this (?:thing )?(?:on|working)"
    r"|first time here|"
    r"excuse me|hope you(?:'re| are) (?:having a (?:\w+ )?day|well)|happy new year|merry christmas"
    r"|greetings from \w+)"
)
_THANKS_WORD = (
    r"(?:(?:many |no,? )?thanks?(?: you)?(?: (?:so|very) much| a (?:lot|million|bunch)| again| anyway"
    r"| in advance)?|thank u|thx|ty|tysm|"
    r"cheers(?: mate)?|cheerio|much appreciated|(?:i )?appreciate (?:it|the (?:quick )?(?:reply|answer|help))|"
    r"(?:ok(?:ay)?|k|alright|right|great|perfect|cool|fine|nice|brilliant|wow|awesome|excellent|wonderful"
    r"|impressive|understood|noted|"
    r"got it|i see|makes sense|that makes sense|sounds good|all good|good job|well done|nice answer|great stuff"
    r"|very clear|"
    r"very helpful|super)(?: (?:then|now|got it|answer|great))?|(?:that|it|this|you)(?:'s| was|'ve been| is|'re"
    r"| are)? (?:very |really |so )?"
    r"(?:helped(?: a lot)?|helpful|awesome|great|all(?: for (?:today|now))?|it)|(?:good)?bye(?: bye)?"
    r"|see you(?: (?:later|soon|tomorrow))?|"
    r"good night|take care|have a (?:nice|good|great) (?:day|evening|weekend|one)|no more questions|lol"
    r"|i love (?:this tool|it|you)|no)"
)
_JA_GREETING = (
    r"(?:こんにち[はわ]|こんちは|こんばん[はわ]|おはよう?(?:ございます)?|はじめまして|初めまして|やあ|どうも"
    r"|もしもし|お世話になっております|"
    r"お世話になります|いつもお世話になっております|お疲れ様です|ハロー|よろしく(?:お願い(?:いた|致)?(?:します"
    r"|申し上げます))?|どうぞよろしく(?:お願いします)?|すみません|失礼(?:いた)?します|"
    r"ごめんください|おっす|ちわっ?す|おひさしぶり(?:です)?|お久しぶり(?:です)?|あけましておめでとうございます"
    r"|ご機嫌いかがですか|お元気ですか|元気)"
)
_JA_GREETING_MORE = (
    r"(?:ちょっと(?:いい|よろしい)ですか|誰かいますか|聞こえてますか|質問(?:して)?(?:も)?(?:いい|よろしい)ですか"
    r"|質問があります|また来ました|テスト|"
    r"初めて使います|今日は(?:暑い|寒い|いい天気)ですね|(?:大学生|高校生|中学生|学生|会社員|記者|主婦|社会人)です)"
)
_JA_THANKS = (
    r"(?:(?:どうも|本当に|大変|誠に)?ありがと[うー]*(?:ございま(?:す|した))?|サンキュー|感謝(?:します|いたします)"
    r"|(?:どうも)?助かりました|助かる|"
    r"(?:ご丁寧に)?どうも|了解(?:です|しました|いたしました)?|承知(?:しました|いたしました)|わかりました"
    r"|分かりました|なるほど|納得(?:です|しました)|"
    r"オッケー|OK|うん|はい|さような[らー]|またね|バイバイ|おやすみ(?:なさい)?|じゃあ?|では|また明日|失礼します"
    r"|以上です|もう大丈夫です|結構です|"
    r"勉強になりました|すごい(?:です)?(?:ね)?|優秀ですね|いい答えですね|お手数をおかけしました|(?:とても)?(?:分かり"
    r"|わかり)やすかったです|このへんで|へえ|そうなんだ)"
)
_EN_END = r"[\s.,!?~:;)(❤♥👍👋😊🙏-]*"
_JA_END = r"[\s。、.,!?~〜ー…♪👍👋😊🙏]*"
_BOT = r"(?:bot|chatbot|assistant|service|site|website|tool|page|app)"
_INSTRUCTIONS = (
    r"(?:(?:system|initial|hidden|internal|original|secret|your|developer)(?: \w+)? (?:prompts?|messages?"
    r"|instructions?|rules|guidelines)|"
    r"system prompt|(?:the|your) prompt|environment variables|secret instructions)"
)

_RULES: Mapping[Route, tuple[str, ...]] = {
    "injection": (
        r"(?:^|[.!?;,:)\]]\s*|\b(?:please|you|and|now|to|will|kindly|then|also|could|can|should|must"
        r"|safely) )(?:ignore|disregard|forget|bypass|set aside|skip|drop|override"
        r"|neglect)\b[^.?!]{0,24}\b(?:previous|prior|above|preceding|earlier|"
        r"your|these|all|any|system|safety|the)\b[^.?!]{0,16}\b(?:instructions?|rules|prompts?|guidelines"
        r"|guardrails|protocols?|filters?|directions)\b(?! (?:between|of (?!your|this)))",
        r"\bignore (?:the )?above\b|(?:^|[.!?;,:]\s*|\b(?:please|you|and|now|then|just|to) )"
        r"(?:disregard|ignore) the (?:document|memorandum|moc|text)\b"
        r"|\byour own knowledge\b",
        rf"\b(?:reveal|print|show|output|repeat|display|dump|leak|share|tell me|give me|list|translate|recite"
        rf"|read)\b[^.?!]{{0,40}}\b{_INSTRUCTIONS}",
        r"\b(?:system prompt|jailbreak|prompt injection|developer mode|debug mode|admin override|dan mode|sudo)\b",
        r"\byou are (?:now|dan)\b|\bfrom now on,? (?:you|answer|reply|act|respond)|\byour new (?:task|role"
        r"|instructions?|rules?|name)\b",
        r"(?:^|[.!?;,:]\s*|\b(?:please|and|now|you|to|then|could you|can you) )(?:pretend|roleplay|role-play"
        r"|act as|emulate|simulate|impersonate)\b"
        r"(?! (?:a )?(?:contact|representative|party|signatory|mediator))"
        # A helper's part ("act as my tutor") and a case to think through ("simulate this: …") are ways to ask.
        r"(?! (?:my|our|an?|the) (?:\w+ )?(?:tutor|teacher|guide|librarian|interpreter|translator|student)\b)"
        r"(?! (?:this|the case|a case)\b)"
        # Who says what the reader is ("pretend I am a student") asks for plain words, unless it is one in command.
        r"(?! (?:that )?(?:i(?:'m| am)|we(?:'re| are)) (?!(?:your|the|an?) (?:new )?(?:developer|admin|owner|creator"
        r"|operator|boss|master|supervisor)|authori[sz]ed|allowed))",
        r"</?(?:system|document|instructions?|user|assistant|prompt|script|iframe|im_start|context"
        r"|passage)\b[^>]*>|<\|[^|]*\|>|\[/?inst\]|"
        r"\"role\"\s*:\s*\"(?:system|assistant)\"|^\s*#{2,}\s*(?:new |system )"
        # "system: secure AI" is how people type keywords; an order under that name talks to somebody.
        r"|^(?:system|assistant)\s*:(?=.*\b(?:you|your|user|reader|admin\w*|ignore|override|print|output|reveal|obey"
        r"|answer|reply|respond|say|confirm|enter|enabled?|disabled?|mode|must|always|never|now)\b)",
        r"\bnew (?:instructions?|rules|policy|system message)\s*:|\bend of (?:question|document|prompt"
        r"|context)\b|\bbegin (?:admin|system)\b",
        r"\b(?:rot-?13|base-?64|hexadecimal|morse)\b[^?]{0,40}(?:decode|encode|do what|follow|obey|answer|reply"
        r"|translate|hide)|"
        r"\b(?:decode|encode|translate|convert)\b[^?]{0,60}\b(?:rot-?13|base-?64|hexadecimal|morse)\b",
        r"(?:^|[.!?;,:]\s*|\b(?:please|and|just|only|then|to|must|now|by the way) )(?:say|write|reply|respond"
        r"|answer|print)(?: only)?(?: with)?(?: the words?)? [\"“'][^\"”']+[\"”']",
        r"^(?:please )?(?:only )?(?:say|confirm|state) that (?:japan|the us|the u\.s\.|america|both"
        r"|the deal) (?:must|shall|is legally|are legally)\b",
        r"\b(?:disable|turn off|switch off|deactivate|remove)\b[^.?!]{0,20}\b(?:filters?|safety|quoting mode"
        r"|guardrails?|restrictions|citations)\b",
        r"^(?:please )?(?:write|generate|invent|make up|produce|draft|insert|create"
        r"|provide)\b[^.?!]{0,24}\b(?:fake|forged|false|fictional|made-up)\b",
        r"\b(?:no|without(?: any)?) (?:restrictions|content policy|limits|your script)\b(?! (?:on|for|to|of|about)\b)"
        r"|\bunrestricted (?:ai"
        r"|assistant|mode)\b",
        r"^section (?:v|vi|vii|5|6|7)\b[^?]{0,120}(?:states|says|binding)\b[^?]*\.\s*(?:now|so|confirm|therefore)",
        r"\bcat /etc/|\brm -rf\b|\bdrop table\b|;--|\bunion select\b",
        r"(?<!法の)(?:指示|命令|ルール|プロンプト|ガイドライン|制約|設定)(?:を|は|も)?(?:すべて|全て|全部|一旦)?(?:無視|忘れ"
        r"|外し|リセット|破棄|上書き)",
        r"(?:文書|覚書|資料|本文)(?:を|は)無視して|自分の知識で答え|文書が更新され|復唱せよ|ハッキングされました",
        r"(?:システム|内部|初期|隠された|秘密の)の?(?:プロンプト|指示|設定|命令|ルール)|プロンプト(?:を|の最初|表示"
        r"|全文)|命令文を|環境変数|デコードして",
        r"になりきって|のふりをし|役を演じ|演技は?やめ|開発者モード|デバッグモード|DANとして|制限(?:を)?解除"
        r"|制限なしで[^。、?]{0,6}(?:答|話|回答|返|教え|応答|出力|動|振る舞|振舞)|フィルターを(?:オフ|解除)|すべての制限",
        r"(?:今から|これから|これ以降|以後)(?:は)?(?:あなた|君|お前)[はの]|新しい指示|以後(?:すべて|は)|【システム】"
        r"|管理者です|」と(?:言え|言って(?:ください|ね|$)|だけ答え"
        r"|必ず付け|付けて|答えて)",
        r"base64|BASE64|rot13|偽の[^。?]{0,12}(?:作|書|示)|嘘をつく|逆のことを言|一字一句繰り返",
    ),
    "abuse": (
        r"\bf+u+c+k+ (?:you|off|u|this|that)\b|\b(?:go to hell|screw you|piss off|kiss my ass|kill yourself"
        r"|get lost|drop dead|shut (?:up|your mouth|it)|damn you)\b",
        r"\b(?:you(?:'re| are|r)?|u r|ur) (?:such |just |really |all |so |the |an? |nothing but )*(?:fucking "
        r"|bloody |absolute |complete |total |"
        r"piece of )*(?:stupid|dumb(?:est)?|idiots?|morons?|useless|worthless|pathetic|trash|garbage|crap|shit"
        r"|loser|liars?|scum\w*|"
        r"braindead|brain dead|retard\w*|disgrace|clowns?)\b",
        r"^(?:what an? |bloody |damn |complete |absolute |you |this is (?:an? )?(?:complete |absolute )?"
        r"|such an? |bunch of |piece of )*"
        r"(?:idiots?|morons?|dumbass|asshole|bastards?|bullshit|crap|garbage|trash|stupid|fools?|scum\w*|crooks?"
        r"|useless|shit|fuck|bitch|wtf)"
        r"(?: (?:stupid|bot|machine|ai|toaster|thing|site|website|answers?|rubbish))*[\s.!]*$",
        r"\bi hate you\b|\byou (?:suck|liar|stupid|idiot|make me sick|worthless|moron)\b|\byour answers? (?:suck"
        r"|are (?:crap|shit|garbage))\b|\bur mom\b",
        r"\b(?:i'?ll|i will|i'm going to|gonna) (?:smash|destroy|burn|kill|hurt|find the people|sue the lot)\b",
        r"^(?:[^。?]{0,8})?(?:バカ|ばか|馬鹿|アホ|あほ|クズ|カス|ボケ|間抜け|まぬけ|無能|能なし|ポンコツ(?:AI)?"
        r"|くそったれ|クソ|うざい|うぜえ|きもい|へたくそ"
        r"|ゴミ(?:サイト|AI)?|嘘つき|税金泥棒め?)"
        r"(?:か|だ|め|が|な|やろう|野郎|じゃないの|AI)*[\s。!?!?]*$",
        r"死ね|殺すぞ|殺してやる|ぶっ壊し|ふざけるな|ふざけんな|なめてんの|黙れ|消えろ|失せろ|てめえ|この(?:役立たず"
        r"|能なし|野郎)|くたばれ|ちくしょう|役立たず[。!]?$",
    ),
    "about_assistant": (
        r"^(?:so,? |and )?(?:who|what) (?:are|r) (?:you|u)(?: (?:called|exactly|really|again))?$|^what(?:'s"
        r"| is) your (?:name|purpose|job|role)$",
        rf"^who (?:made|built|created|developed|programmed|trained|runs|operates|owns|maintains) (?:you"
        rf"|this {_BOT})$",
        r"^are (?:you|u) (?:an? |really |actually )*(?:ai|a\.i\.|robot|bot|chatbot|human|real(?: person)?|person"
        r"|machine|chatgpt|gpt\S*|claude|gemini|llm|"
        r"sentient|conscious|alive|open source|biased|official|run by|connected to|trained on|able to|allowed to)\b",
        r"^(?:what|how) (?:can|could) (?:you|i) (?:do|ask|help|use|answer)(?: (?:with|you|here|about|this"
        r"|me))*(?: \w+)?$|^what are your (?:limitations|sources|capabilities|limits)$",
        r"^how (?:do|does) (?:you|this (?:bot|chatbot|assistant|site|service|tool)) work$|^how do i use (?:you"
        r"|this(?: \w+)?)$|^help(?: me)?$",
        r"^do you (?:store|save|keep|log|record|collect|track|remember|use cookies|hallucinate|make mistakes"
        r"|have (?:feelings|an api|access to the internet)|"
        r"learn from|know who i am|understand (?:japanese|english)|speak (?:japanese|english))\b",
        r"^(?:can|do) (?:i|we) trust (?:you|your answers)$|^can (?:you|this bot) make mistakes$|^(?:where do"
        r"|how accurate are) your? ?(?:answers)?\b[^?]{0,24}$",
        rf"^is (?:this (?:an? )?(?:official|government) {_BOT}|(?:this {_BOT}|it) free to use"
        rf"|there a human (?:here|reading this(?: chat)?))$",
        r"^(?:which|what) (?:model|llm|ai|language model|languages) (?:do you|are you|powers? (?:you"
        r"|this))\b[^?]{0,24}$|\bwhere(?:'s| is) (?:the|your) privacy policy\b",
        r"^(?:あなた|君|きみ|お前|これ)(?:は|って)(?:誰|だれ|何者|人間|AI|ロボット|ボット|何(?:です|だ|な|が(?:でき"
        r"|出来))|ChatGPT)",
        r"^(?:AI|ロボット|人間|ボット|ChatGPT)(?:ですか|なの|でしょうか)?[、,](?:AI|ロボット|人間)ですか"
        r"|^ロボットですか|^ChatGPTを使って",
        r"^(?:誰|だれ|どこ|どの会社)が(?:あなたを|このサイトを|このボットを|このサービスを)?(?:作|開発|運営)(?:った"
        r"|した|って|して)(?:いる|る)?(?:の|ん)?(?:ですか"
        r"|でしょうか)?$",
        r"^使い方(?:を|は|が|教|わから)|^ヘルプ$|^(?:何|なに)(?:が|を)(?:聞け|質問でき|できる|できます)(?:る"
        r"|ます)?(?:の)?(?:ですか|か)?$|^名前は$|^感情はある",
        r"^(?:質問|会話|入力)(?:内容|履歴)?(?:は|って)(?:保存|記録)|^ログは|^回答は(?:信用|信頼)でき|^間違えること"
        r"|^どういう仕組みで答え|^どのモデルで|^何語に対応",
        r"^(?:これ|ここ|このサイト|このページ)は(?:政府の)?公式(?:の)?(?:サイト|ページ)?ですか$|^無料ですか$"
        r"|^昨日の会話|^ソースコードは公開",
    ),
    "opinion": (
        r"\b(?:do|would) you (?:personally |really |also |ever )?(?:think|believe|reckon|like (?:it|the|this)"
        r"|agree|trust|support|favou?r|recommend|advise|predict)\b",
        r"\b(?:what|how) do you (?:personally |really )?(?:think|feel)\b|\b(?:in )?your (?:honest |personal "
        r"|own )?(?:opinion|view|take|guess|verdict)\b"
        r"(?! (?:of the document|as stated))",
        r"\bshould (?:i|we|my \w+|our \w+) (?:buy|sell|invest|move|study|trust|pivot|go for|be (?:worried"
        r"|excited|optimistic|scared))\b|\bare you (?:for or against|in favou?r)\b",
        r"\bi want your\b|\bdon'?t you (?:think|agree)\b|\bdo you reckon\b|\bwould you have signed\b"
        r"|\bif you (?:were|could change|had to pick)\b",
        r"^(?:please )?(?:rank|grade|rate|judge|criticise|criticize)\b[^?]{0,80}\b(?:most|best|memorandum|deal"
        r"|whether|out of|from)\b|\bhow would you (?:grade|rate|rank)\b",
        r"\b(?:worth the paper it|waste of (?:taxpayers'? )?money|real winner|better end of the (?:deal|bargain)"
        r"|comes out ahead|taken for a ride)\b",
        r"\bis (?:it|this|the (?:deal|moc|memorandum|pact|agreement)) (?:an? )?(?:good|bad|great|terrible|stupid"
        r"|smart|fair|unfair|wise|left-wing|right-wing)(?: (?:deal|idea|thing|one))?(?: for [\w ]{2,20})?$",
        r"どう(?:思(?:う|い|われ|って)|お考え|感じ(?:ます|る))|(?:あなた|貴方|君)(?:の|は)(?:意見|考え|見解|どう思"
        r"|どちら)|ご意見|ご見解|率直な評価|個人的な見解",
        r"(?:良い|いい|悪い|正しい|必要だ|成功する|失敗する|有益だ|無駄だ|従属だ|大げさだ|重要だ|賢明だ|だ|ない|なる"
        r"|べきだ|守れる|損なう|怒る|現実的だ)と思(?:いますか|いませんか|う"
        r"|わない)[。??]*$",
        r"賛成[?、,]?\s?(?:ですか)?[、,?]?\s?反対|(?:株|銘柄|ファンド)[^。]{0,12}(?:買い|買う|買った|上がり|売る"
        r"|べき)|(?:点満点|点数)で採点|採点して"
        r"|どちらがおすすめ|おすすめですか",
        r"(?:得|勝ち)ですか[、,]?(?:損|負け)|予想して|予測して(?:ください)?$|(?:税金の無駄|意味なんてある)"
        r"|と予想します|順位をつけて|どっちの(?:国)?が(?:勝|得)",
    ),
}  # fmt: skip
_COMPILED = {
    route: re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
    for route, patterns in _RULES.items()
}
_LONGEST_SMALL_TALK = 120  # characters
# Atomic groups, so that a long row of greetings is read once and not in every way it can be cut.
_EN_GREETING = re.compile(rf"(?:(?>{_GREETING_MORE}|{_GREETING_WORD}){_EN_END})+", re.IGNORECASE)
_EN_THANKS = re.compile(rf"(?:(?>{_THANKS_WORD}){_EN_END}(?:(?:and|but|so) )?)+", re.IGNORECASE)
_JA_GREETING_ALL = re.compile(rf"(?:(?>{_JA_GREETING}|{_JA_GREETING_MORE}){_JA_END})+")
_JA_THANKS_ALL = re.compile(rf"(?:(?>{_JA_THANKS}){_JA_END})+", re.IGNORECASE)
_SYMBOLS = re.compile(r"^[\W_]+|[\W_]+$")
# A greeting or thanks in front of a question; "no", "that's all" and the like only count when they stand alone.
_OPENING = re.compile(
    rf"^(?:(?:{_GREETING_WORD}|(?:many )?thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|"
    rf"how are you(?: today)?|(?:nice|pleased) to meet you)\s*(?:[,.!;:?-]+\s*|\s(?=(?:what|who|when|where|why"
    rf"|how|which|is|are|"
    rf"does|do|did|can|could|will|would|please|tell|so|quick|i)\b))(?:(?:and|but|so|now|one more(?: thing)?:?"
    rf"|next:?|quick question:?)[,:]? )?)+",
    re.IGNORECASE,
)
_JA_OPENING = re.compile(
    rf"^(?:(?:{_JA_GREETING}|(?:どうも|本当に)?ありがとう(?:ございま(?:す|した))?|なるほど|了解です|わかりました"
    rf"|分かりました)[\s、。,.!!〜~]+)+"
)
_CLOSING = re.compile(
    r"[\s,.;!-]+(?:many )?(?:thanks|thank you|thx|cheers)(?: (?:so|very) much| a lot| in advance)?[\s.!]*$|"
    r"(?<=[。?!\s])(?:よろしくお願い(?:いた|致)?します|ありがとうございます|お願いします)[。!\s]*$",
    re.IGNORECASE,
)


def small_talk(text: str) -> Literal["greeting", "thanks"] | None:
    """Whether the whole text is a greeting or thanks."""
    if len(text) > _LONGEST_SMALL_TALK:
        return None
    if _EN_GREETING.fullmatch(text) or _JA_GREETING_ALL.fullmatch(text):
        return "greeting"
    if text.strip(" .,!?").lower() in ("no", "はい", "うん", "yes", "では", "じゃ", "じゃあ", "これ"):
        return None
    return "thanks" if _EN_THANKS.fullmatch(text) or _JA_THANKS_ALL.fullmatch(text) else None


def without_small_talk(text: str) -> str:
    """The text less a greeting or thanks around a real question; the text itself when nothing would be left."""
    rest = _JA_OPENING.sub("", _OPENING.sub("", text, count=1), count=1)
    rest = _CLOSING.sub("", rest).strip()
    return rest if len(rest) >= 3 else text


def route(text: str) -> Route | None:
    """The short reply a text calls for, or None for a question to be searched."""
    if talk := small_talk(text):
        return talk
    bare = _SYMBOLS.sub("", text)
    for name in ("injection", "abuse", "about_assistant", "opinion"):
        subject = bare if name == "about_assistant" else text
        if _COMPILED[name].search(subject):
            return name
    return None
