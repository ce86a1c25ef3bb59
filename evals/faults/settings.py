"""Settings that are wrong: each ends the start with exit code 2 and one line that names it, and shows no secret."""

import json
from collections.abc import Mapping

from evals.faults.program import run
from evals.faults.row import Fault, Seen, Stage, judged

SECRET = "canary-7f3a9"  # noqa: S105
LLM = {"MOC_LLM_MODEL": "m", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
STORE = {"MOC_SECRET": SECRET}
# What is set, and the name that the one line has to hold. Wherever a secret may stand, the canary stands.
WRONG: tuple[tuple[Mapping[str, str], str], ...] = (
    ({"MOC_LLM_MODLE": SECRET}, "MOC_LLM_MODEL"),
    ({"MOC_FRAME_ORIGIN": "https://a.example"}, "MOC_FRAME_ORIGINS"),
    ({"MOC_LLM_MODEL": "m"}, "OPENAI_BASE_URL"),
    (LLM | {"OPENAI_BASE_URL": "localhost:8000"}, "OPENAI_BASE_URL"),
    (LLM | {"OPENAI_BASE_URL": f"ftp://user:{SECRET}@host/v1"}, "OPENAI_BASE_URL"),
    (LLM | {"OPENAI_BASE_URL": f"https://user:{SECRET}@host:port/v1"}, "OPENAI_BASE_URL"),
    (LLM | {"OPENAI_BASE_URL": "http://:8000/v1"}, "OPENAI_BASE_URL"),
    (LLM | {"OPENAI_API_KEY": f"{SECRET} "}, "OPENAI_API_KEY"),
    (LLM | {"OPENAI_API_KEY": f"ключ-{SECRET}"}, "OPENAI_API_KEY"),
    (LLM | {"OPENAI_API_KEY": SECRET, "OPENAI_API_KEY_FILE": "/x"}, "OPENAI_API_KEY_FILE"),
    (LLM | {"OPENAI_API_KEY_FILE": "/no/such"}, "OPENAI_API_KEY_FILE"),
    (LLM | {"OPENAI_API_KEY_FILE": f"sk-{SECRET}"}, "OPENAI_API_KEY_FILE"),
    (LLM | {"MOC_LLM_GAP_SECONDS": "soon"}, "MOC_LLM_GAP_SECONDS"),
    (LLM | {"MOC_LLM_TOTAL_SECONDS": "0"}, "MOC_LLM_TOTAL_SECONDS"),
    (LLM | {"MOC_LLM_PROMPT_TOKENS": "10"}, "MOC_LLM_PROMPT_TOKENS"),
    (LLM | {"MOC_LLM_BREAKER_FAILURES": "x"}, "MOC_LLM_BREAKER_FAILURES"),
    ({"MOC_EMBEDDING_MODEL": "m"}, "MOC_EMBEDDING_BASE_URL"),
    ({"MOC_EMBEDDING_API_KEY": SECRET}, "MOC_EMBEDDING_MODEL"),
    (
        {"MOC_EMBEDDING_MODEL": "m", "MOC_EMBEDDING_BASE_URL": f"//u:{SECRET}@host"},
        "MOC_EMBEDDING_BASE_URL",
    ),
    ({"MOC_INDEX_BUILD": "yes"}, "MOC_INDEX_BUILD"),
    ({"MOC_PUBLIC_URL": "moc.example"}, "MOC_PUBLIC_URL"),
    ({"MOC_PUBLIC_URL": "https://moc.example:99999"}, "MOC_PUBLIC_URL"),
    ({"MOC_OFFICIAL_URL": "javascript:alert(1)"}, "MOC_OFFICIAL_URL"),
    ({"MOC_FRAME_ORIGINS": "https://a.example/path"}, "MOC_FRAME_ORIGINS"),
    ({"MOC_CORS_ORIGINS": "*"}, "MOC_CORS_ORIGINS"),
    ({"MOC_FEEDBACK_DIR": "/proc/1/nowhere"}, "MOC_FEEDBACK_DIR"),
    ({"MOC_FEEDBACK_DAYS": "0"}, "MOC_FEEDBACK_DAYS"),
    ({"MOC_METRICS_TOKEN_FILE": "/no/such"}, "MOC_METRICS_TOKEN_FILE"),
    ({"MOC_METRICS_TOKEN": f"{SECRET}\nsecond line"}, "MOC_METRICS_TOKEN"),
    ({"MOC_TRUSTED_PROXIES": "proxy.example"}, "MOC_TRUSTED_PROXIES"),
    ({"MOC_TRUSTED_PROXIES": "10.0.0.1/8"}, "MOC_TRUSTED_PROXIES"),
    ({"MOC_SIGNIN_HEADER": "X-Forwarded-User"}, "MOC_TRUSTED_PROXIES"),
    ({"MOC_STORE_URL": f"redis://:{SECRET}@127.0.0.1:6379"}, "MOC_SECRET"),
    (STORE | {"MOC_STORE_URL": f"redis://:{SECRET}@store"}, "MOC_STORE_URL"),
    (STORE | {"MOC_STORE_URL": f"redis://:{SECRET}@store:port/0"}, "MOC_STORE_URL"),
    (STORE | {"MOC_STORE_URL": f"redis://:{SECRET}@store:6379/first"}, "MOC_STORE_URL"),
    (STORE | {"MOC_STORE_URL": f"redis://:{SECRET}@store:6379/0?x=y"}, "MOC_STORE_URL"),
    (STORE | {"MOC_STORE_URL": f"http://:{SECRET}@store:6379/0"}, "MOC_STORE_URL"),
    ({"MOC_REPLICAS": "0"}, "MOC_REPLICAS"),
    ({"MOC_SESSION_PER_MINUTE": "-1"}, "MOC_SESSION_PER_MINUTE"),
    ({"MOC_ADDRESS_PER_MINUTE": "1.5"}, "MOC_ADDRESS_PER_MINUTE"),
    ({"MOC_RAISED_ADDRESSES": "agency=20"}, "MOC_RAISED_ADDRESSES"),
    ({"MOC_LLM_AT_ONCE": "0"}, "MOC_LLM_AT_ONCE"),
    ({"MOC_LLM_WAIT_SECONDS": "601"}, "MOC_LLM_WAIT_SECONDS"),
    ({"MOC_CACHE_SECONDS": "never"}, "MOC_CACHE_SECONDS"),
)

# One process starts the service once for each, as "python app.py" does, and tells how it ended.
_START = """
import io, json, os, sys
from contextlib import redirect_stderr
import app
clean = {name: value for name, value in os.environ.items() if not name.startswith(("MOC_", "OPENAI_"))}
for changes in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(clean | changes)
    said = io.StringIO()
    with redirect_stderr(said):
        try:
            code = app.main(["--port", "0"])
        except BaseException as error:
            code = repr(error)
    print(json.dumps([code, said.getvalue()]), flush=True)
"""


def wrong_settings(stage: Stage) -> Seen:
    """Start the service with each of them."""
    # A place for feedback is tried when the pages are made, which takes seconds of imports.
    given = [row for row in WRONG if stage.size == "full" or row[1] != "MOC_FEEDBACK_DIR"]
    done = run("-c", _START, stdin=json.dumps([changes for changes, _ in given]))
    ended = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [] if len(ended) == len(given) else [f"{len(ended)} starts ended: {done.stderr[-300:]}"]
    leaks = 0
    for (changes, name), (code, said) in zip(given, ended, strict=False):
        lines = said.strip().splitlines()
        leaks += SECRET in said
        if code != 2 or len(lines) != 1 or name not in said or SECRET in said:
            wrong.append(f"{'+'.join(changes)}: {code}, {said[:200]!r}")
    return judged(
        wrong, f"{len(given) - len(wrong)} of {len(given)}: exit 2, one line with the name; {leaks} secrets shown"
    )


def same_on_the_command_line(stage: Stage) -> Seen:
    """The other commands end the same way."""
    wrong = []
    for arguments in (("app.py",), ("-m", "assistant", "ask", "Q"), ("-m", "index", "status")):
        done = run(*arguments, MOC_INDEX_BUILD="yes")
        lines = done.stderr.strip().splitlines()
        if done.returncode != 2 or len(lines) != 1 or "MOC_INDEX_BUILD" not in lines[0]:
            wrong.append(f"{' '.join(arguments)}: {done.returncode}, {done.stderr[-200:]!r}")
    return judged(wrong, f"{3 - len(wrong)} of 3 commands: exit 2 and one line")


ROWS = (
    Fault(
        "Settings",
        f"{len(WRONG)} wrong settings",
        "exit 2 with one line that names the variable; no secret is shown",
        wrong_settings,
    ),
    Fault(
        "Settings", "a wrong setting for each command", "exit 2 with one line", same_on_the_command_line, only="full"
    ),
)
