"""Secrets: the forms that services give their keys, and words by which people tell a password.

The forms are those that secret scanners look for, by the prefix with which a service marks its own keys.
"""

_SAID = r"(?:\s?(?:is|was)\s?[:=]?|\s?[:=])\s?"
# After "password is" these go on with a sentence; anything else is the password.
_GOES_ON = (
    r"(?!(?:not|no|the|a|an|in|on|at|about|required|needed|necessary|mentioned|protected|safe|secure|strong|weak|too|"
    r"very|listed|given|stored|shared|public|used|set|kept|part|covered|also|still|never|always|only)\b)"
)
# From what was told on to the end of the sentence: a password may be several words, and what follows it is no loss.
_SENTENCE = r"(?:(?![.?!]+[\"')]*(?:\s|$))[^\n。])+[.?!]*"
_JA_NOT_TOLD = (
    r"(?!必要|不要|要り|要る|いら|安全|秘密|な[いし]|あり|ある|何|なに|なん|どこ|どう|誰|だれ|まだ|もう|忘|変|書|含|使)"
)
_JA_NAMED = r"(?:パス(?:ワード|コード|フレーズ)|暗証番号|合言葉|PINコード|秘密鍵|(?:API|アクセス)\s?(?:キー|トークン))"

PATTERNS: tuple[str, ...] = (
    r"(?-i:\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b)",  # Amazon
    r"(?-i:\b(?:gh[pousr]_|github_pat_|glpat-)[\w-]{16,})",  # GitHub, GitLab
    r"(?-i:(?<![A-Za-z0-9_-])[srp]k[-_](?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{16,})",  # OpenAI and its like, Stripe
    r"(?-i:\bxox[a-z]-[\w-]{10,}|\bxapp-\d-[\w-]{10,})",  # Slack
    r"(?-i:\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{30,}|\bpypi-[\w-]{30,})",
    r"(?-i:\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)",  # JSON Web Token (RFC 7519)
    # To the line that ends the key, or to the end of the text.
    r"(?<!-)-{3,} ?BEGIN [A-Z ]*PRIVATE KEY[\s\S]*?(?:(?<!-)-{3,} ?END [A-Z ]*PRIVATE KEY[A-Z ]*-*|\Z)",
    r"\bbearer\s+(?=\S*\d)[\w.~+/-]{16,}=*|\bauthorization\s?:\s?basic\s+[\w+/]{8,}=*",
    r"\b[a-z][a-z\d+.-]{1,20}://[^\s/:@]+:[^\s/@]+@",
    # Their names have more before them in settings (aws_secret_access_key), and quotes around them in JSON.
    r"(?<![a-z\d])(?:api[ _-]?key|(?:access|auth|secret|refresh)[ _-]?(?:key|token)|client[ _-]?secret|token)"
    rf"[\"']?{_SAID}[\"']?(?=[\w.~+/-]*\d)[\w.~+/-]{{8,}}=*",
    rf"\b(?:my|our|his|her|their) (?:\w+ )?(?:password|passcode|passphrase|pin(?: code)?){_SAID}{_GOES_ON}(?=\S{{4}})"
    rf"{_SENTENCE}",
    rf"\b(?:password|passcode|passphrase|passwd|pwd|pin(?: code| number)?){_SAID}(?=\S*[\d!@#$%^&*])(?=\S{{4}})"
    rf"{_SENTENCE}",
    rf"\b(?:my|the|our|and) (?:password|passcode|pin|pin code|passphrase)\s(?=\S*\d)(?=\S{{4}}){_SENTENCE}",
    rf"\b(?:password|passcode|passphrase|passwd|pwd)\s?[:=]\s?(?=\S{{4}}){_SENTENCE}",
    rf"{_JA_NAMED}\s?[はがを:=]\s?(?=[!-~]*\d)(?=[!-~]{{4}}){_SENTENCE}",
    rf"{_JA_NAMED}\s?[はがを:=]\s?(?:[!-~]{{4,}}(?: [!-~]+)*|「[ぁ-んァ-ヴー !-~]{{2,40}}」)\s?"
    r"(?:です|だ|でした|である|$)",
    rf"(?:私|わたし|僕|俺|自分|会社)の{_JA_NAMED}\s?[は:=]\s?{_JA_NOT_TOLD}[ぁ-んァ-ヴー一-龥々 !-~]{{3,40}}?"
    r"(?:です|だ|でした|である)(?![がけかよとろ])",
    r"\bip(?:アドレス| address)?\D{0,12}\d{1,3}(?:\.\d{1,3}){3}",
)
