"""Settings: read once, checked at the start, all of them listed."""

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from assistant.config import SETTINGS, Config, LlmSettings, Setting
from assistant.web_settings import WebSettings
from index.errors import ConfigError

ROOT = Path(__file__).parent.parent
LLM = {"MOC_LLM_MODEL": "m", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}


def test_nothing_set_is_a_working_configuration() -> None:
    """Quote mode with the built-in embedding."""
    config = Config.from_env({"PATH": "/bin"})
    assert config == Config()
    assert not config.llm_on
    assert config.index.may_build


def test_a_configuration_is_frozen() -> None:
    """Nothing changes it after the start."""
    with pytest.raises(FrozenInstanceError):
        Config().public_url = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("MOC_LLM_MODLE", "MOC_LLM_MODEL"), ("MOC_INDEXDIR", "MOC_INDEX_DIR"), ("MOC_X", "MOC_"), ("MOC_", "MOC_")],
)
def test_an_unknown_name_is_an_error_with_the_nearest_known_one(name: str, nearest: str) -> None:
    """A slip of the pen must not silently switch something off."""
    with pytest.raises(ConfigError, match=rf"{name} is not a setting.*nearest is {nearest}"):
        Config.from_env({name: "1"})


@pytest.mark.parametrize(
    "name",
    [
        "MOC_SERVICE_HOST",
        "MOC_SERVICE_PORT",
        "MOC_SERVICE_PORT_HTTP",
        "MOC_PORT",
        "MOC_PORT_7860_TCP",
        "MOC_PORT_7860_TCP_ADDR",
        "MOC_ASSISTANT_SERVICE_HOST",
        "MOC_ASSISTANT_PORT_80_TCP_PROTO",
    ],
)
def test_names_that_kubernetes_makes_are_let_through(name: str) -> None:
    """A service called "moc" puts them into every container beside it."""
    assert Config.from_env({name: "10.0.0.1"}) == Config()


def test_a_key_alone_switches_nothing_on() -> None:
    """Without MOC_LLM_MODEL there is no language model, whatever else is set."""
    config = Config.from_env({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://x/v1", "MOC_LLM_VENDOR": "v"})
    assert not config.llm_on


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (LLM, LlmSettings("m", "http://127.0.0.1:1/v1", None, "")),
        ({"MOC_LLM_MODEL": " m ", "OPENAI_API_KEY": "k"}, LlmSettings("m", None, "k", "")),
        (
            LLM
            | {
                "MOC_LLM_VENDOR": "Example",
                "MOC_LLM_CONNECT_SECONDS": "1",
                "MOC_LLM_FIRST_TOKEN_SECONDS": "2.5",
                "MOC_LLM_GAP_SECONDS": "3",
                "MOC_LLM_TOTAL_SECONDS": "600",
            },
            LlmSettings("m", "http://127.0.0.1:1/v1", None, "Example", 1.0, 2.5, 3.0, 600.0),
        ),
    ],
)
def test_a_model_with_a_server_or_a_key_switches_llm_mode_on(environ: dict[str, str], expected: LlmSettings) -> None:
    """The model, where it is, who runs it, how long it may take."""
    config = Config.from_env(environ)
    assert config.llm == expected
    assert config.llm_on


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"MOC_LLM_MODEL": "m"}, "OPENAI_BASE_URL or OPENAI_API_KEY"),
        (LLM | {"OPENAI_BASE_URL": "localhost:8000"}, "OPENAI_BASE_URL is 'localhost:8000'"),
        (LLM | {"MOC_LLM_GAP_SECONDS": "soon"}, "MOC_LLM_GAP_SECONDS is 'soon'"),
        (LLM | {"MOC_LLM_GAP_SECONDS": "0"}, "above 0"),
        (LLM | {"MOC_LLM_GAP_SECONDS": "601"}, "at most 600"),
        (LLM | {"MOC_LLM_GAP_SECONDS": "nan"}, "'nan'"),
        ({"MOC_PUBLIC_URL": "moc.example"}, "MOC_PUBLIC_URL is 'moc.example'"),
        ({"MOC_PUBLIC_URL": "javascript:alert(1)"}, "MOC_PUBLIC_URL"),
        ({"MOC_PUBLIC_URL": 'https://x/"><script>'}, "MOC_PUBLIC_URL"),
        ({"MOC_OFFICIAL_URL": "ftp://x"}, "MOC_OFFICIAL_URL"),
        ({"MOC_FRAME_ORIGINS": "https://a.example, b.example"}, "'b.example'"),
        ({"MOC_FRAME_ORIGINS": "https://a.example/path"}, "'https://a.example/path'"),
        ({"MOC_FRAME_ORIGINS": "https://a.example;script-src"}, "MOC_FRAME_ORIGINS"),
        ({"MOC_METRICS_TOKEN": "a", "MOC_METRICS_TOKEN_FILE": "/x"}, "both set"),
        ({"MOC_METRICS_TOKEN_FILE": "/no/such"}, "MOC_METRICS_TOKEN_FILE points to '/no/such'"),
        ({"MOC_INDEX_BUILD": "yes"}, "MOC_INDEX_BUILD is 'yes'"),
        ({"MOC_TRUSTED_PROXIES": "proxy.example"}, "MOC_TRUSTED_PROXIES holds 'proxy.example'"),
        ({"MOC_TRUSTED_PROXIES": "10.0.0.1/8"}, "10.0.0.1/8"),
        ({"MOC_SIGNIN_HEADER": "X-Forwarded-User"}, "MOC_TRUSTED_PROXIES"),
        ({"MOC_SIGNIN_HEADER": "a b", "MOC_TRUSTED_PROXIES": "10.0.0.1"}, "MOC_SIGNIN_HEADER is 'a b'"),
        ({"MOC_CORS_ORIGINS": "*"}, "MOC_CORS_ORIGINS holds '*'"),
        ({"MOC_CORS_ORIGINS": "null"}, "'null'"),
        ({"MOC_STORE_URL": "redis://127.0.0.1:6379"}, "MOC_SECRET"),
        ({"MOC_STORE_URL": "http://127.0.0.1", "MOC_SECRET": "s"}, "redis://host:6379/0"),
        ({"MOC_STORE_URL": "redis://:pw@store", "MOC_SECRET": "s"}, "redis://host:6379/0"),
        ({"MOC_STORE_URL": "redis://store:99999/0", "MOC_SECRET": "s"}, "redis://host:6379/0"),
        ({"MOC_STORE_URL": "redis://store:6379/x", "MOC_SECRET": "s"}, "number of a database"),
        (LLM | {"OPENAI_BASE_URL": "http://host:port/v1"}, "OPENAI_BASE_URL"),
        (LLM | {"OPENAI_API_KEY": "ключ"}, "OPENAI_API_KEY holds"),
        ({"MOC_METRICS_TOKEN": "two words"}, "MOC_METRICS_TOKEN holds"),
        ({"MOC_REPLICAS": "0"}, "MOC_REPLICAS is '0'"),
        ({"MOC_SESSION_PER_MINUTE": "-1"}, "MOC_SESSION_PER_MINUTE is '-1'"),
        ({"MOC_SESSION_PER_DAY": "many"}, "whole number"),
        ({"MOC_ADDRESS_PER_MINUTE": "1.5"}, "MOC_ADDRESS_PER_MINUTE"),
        ({"MOC_REQUESTS_PER_MINUTE": "٣"}, "MOC_REQUESTS_PER_MINUTE"),
        ({"MOC_RAISED_ADDRESSES": "203.0.113.7"}, "203.0.113.7=20"),
        ({"MOC_RAISED_ADDRESSES": "203.0.113.7=0"}, "'203.0.113.7=0'"),
        ({"MOC_RAISED_ADDRESSES": "agency=20"}, "'agency'"),
        ({"MOC_LLM_AT_ONCE": "0"}, "MOC_LLM_AT_ONCE"),
        ({"MOC_LLM_WAITING": "x"}, "MOC_LLM_WAITING"),
        ({"MOC_LLM_WAIT_SECONDS": "601"}, "from 0 to 600"),
        ({"MOC_LLM_TOKENS_PER_HOUR": "0"}, "MOC_LLM_TOKENS_PER_HOUR"),
        ({"MOC_LLM_TOKENS_PER_DAY": "9" * 30}, "MOC_LLM_TOKENS_PER_DAY"),
        ({"MOC_CACHE_SECONDS": "3601"}, "from 0 to 3600"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(environ: dict[str, str], says: str) -> None:
    """Exit 2 with the variable and what it may be."""
    with pytest.raises(ConfigError, match=re.escape(says)) as error:
        Config.from_env(environ)
    assert error.value.exit_code == 2
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "environ",
    [
        LLM | {"OPENAI_BASE_URL": "ftp://user:hidden@host"},
        LLM | {"OPENAI_BASE_URL": "user:hidden@host"},
        LLM | {"OPENAI_API_KEY_FILE": "sk-hidden"},
        {"MOC_EMBEDDING_MODEL": "m", "MOC_EMBEDDING_BASE_URL": "//user:hidden@host"},
        {"MOC_STORE_URL": "redis://:hidden@store", "MOC_SECRET": "hidden"},
        {"MOC_METRICS_TOKEN": "hidden hidden"},
        {"MOC_SECRET_FILE": "hidden\x00"},
    ],
)
def test_no_error_shows_a_secret(environ: dict[str, str]) -> None:
    """Neither a password in an address, nor a secret that was put where its file belongs."""
    with pytest.raises(ConfigError) as error:
        Config.from_env(environ)
    assert "hidden" not in str(error.value)


def test_every_other_setting_is_read(tmp_path: Path) -> None:
    """Each one ends where it belongs; a public address loses its last slash, since links add one."""
    token = tmp_path / "token"
    token.write_text("t0ken\n", encoding="utf-8")
    config = Config.from_env(
        {
            "MOC_PUBLIC_URL": "https://moc.example/chat/",
            "MOC_FRAME_ORIGINS": "https://a.example https://*.b.example:8443,http://localhost",
            "MOC_OPERATOR_NAME": " Ministry ",
            "MOC_OPERATOR_CONTACT": "desk@example.gov",
            "MOC_OFFICIAL_URL": "https://example.gov/moc.pdf",
            "MOC_METRICS_TOKEN_FILE": str(token),
            "MOC_INDEX_DIR": "/data",
        }
    )
    assert config.public_url == "https://moc.example/chat"
    assert config.frame_origins == ("https://a.example", "https://*.b.example:8443", "http://localhost")
    assert (config.operator_name, config.operator_contact) == ("Ministry", "desk@example.gov")
    assert (config.official_url, config.metrics_token) == ("https://example.gov/moc.pdf", "t0ken")
    assert config.index.directory == Path("/data")


def test_the_settings_of_the_service_are_read() -> None:
    """Lists by blanks or commas, numbers as they stand, names of headers in lower case; nothing set is the default."""
    web = Config.from_env(
        {
            "MOC_TRUSTED_PROXIES": "10.0.0.0/8, fd00::1",
            "MOC_SIGNIN_HEADER": "X-Forwarded-User",
            "MOC_CORS_ORIGINS": "https://a.example http://localhost:8080",
            "MOC_STORE_URL": "valkey://:pass@store:6379/1",
            "MOC_SECRET": "s3cret",
            "MOC_REPLICAS": "3",
            "MOC_RAISED_ADDRESSES": "203.0.113.7=20 2001:db8::/48=5",
            "MOC_LLM_WAITING": "0",
            "MOC_CACHE_SECONDS": "0",
            "MOC_OFF_FILE": "/run/moc/off",
        }
    ).web
    assert [str(network) for network in web.trusted_proxies] == ["10.0.0.0/8", "fd00::1/128"]
    assert (web.signin_header, web.cors_origins) == ("x-forwarded-user", ("https://a.example", "http://localhost:8080"))
    assert (web.store_url, web.secret, web.replicas) == ("valkey://:pass@store:6379/1", "s3cret", 3)
    assert [(str(raised.network), raised.factor) for raised in web.raised] == [
        ("203.0.113.7/32", 20),
        ("2001:db8::/48", 5),
    ]
    assert (web.llm_waiting, web.cache_seconds, web.off_file) == (0, 0, "/run/moc/off")
    assert Config.from_env({}).web == WebSettings()


@pytest.mark.parametrize("setting", [s for s in SETTINGS if re.fullmatch(r"\d+", s.default)])
def test_defaults_in_the_table_are_the_real_ones(setting: Setting) -> None:
    """Setting a number to the default that the table states changes nothing."""
    assert Config.from_env({**LLM, setting.name: setting.default}) == Config.from_env(LLM)


def test_the_code_reads_no_setting_that_is_not_listed() -> None:
    """Every MOC_ and OPENAI_ name in the code is in the table, by itself or as the file of a secret."""
    names = {setting.name for setting in SETTINGS}
    allowed = names | {f"{name}_FILE" for name in names} | {"MOC_REQUIRE_ALL"}
    code = [ROOT / "app.py", *(ROOT / "assistant").rglob("*.py"), *(ROOT / "index").rglob("*.py")]
    read = {
        name
        for path in code
        for name in re.findall(r"""["']((?:MOC|OPENAI)_[A-Z_]*[A-Z])["']""", path.read_text(encoding="utf-8"))
    }
    assert read - allowed == set()
    assert names <= read


def test_every_listed_setting_says_what_it_means() -> None:
    """No row of the table is empty, and no name stands twice."""
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    assert all(len(setting.meaning) > 10 for setting in SETTINGS)
