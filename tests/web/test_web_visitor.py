"""Who asks: what of a request is believed, and what is left of it in logs and keys."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from assistant.web.visitor import Pseudonyms, Visitor, block_of, factor_of, identify, looks_misconfigured, network_of
from assistant.web_settings import Raised, WebSettings
from tests.web.scripted import Scripted, client_of, service_with

PROXY = WebSettings(
    trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")), signin_header="x-forwarded-user"
)


def seen(peer: str, **headers: str) -> Visitor:
    return identify(scope(peer, **headers), PROXY)


def scope(peer: str, **headers: str) -> dict[str, object]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "scheme": "http", "client": (peer, 1), "headers": raw}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),  # the left one is the client's invention
        ("10.0.0.1", "203.0.113.7, 10.9.9.9", "203.0.113.7"),  # two proxies of ours
        ("10.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody we know says so
        ("::ffff:203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ],
)
def test_the_address_behind_known_proxies(peer: str, forwarded: str, address: str) -> None:
    """X-Forwarded-For counts from our side, as far as the proxies are ours."""
    assert seen(peer, x_forwarded_for=forwarded).address == address


def test_a_forged_header_from_an_unknown_peer_is_ignored() -> None:
    """Neither name, address, request id nor scheme is taken from it."""
    forged = {
        "x_forwarded_user": "minister",
        "x_forwarded_for": "127.0.0.1",
        "x_forwarded_proto": "https",
        "x_request_id": "chosen",
    }
    visitor = seen("203.0.113.9", **forged)
    assert (visitor.user, visitor.address, visitor.https) == (None, "203.0.113.9", False)
    assert visitor.request_id != "chosen"
    assert not visitor.on_this_machine
    known = seen("10.0.0.1", **forged)
    assert (known.user, known.https, known.request_id) == ("minister", True, "chosen")


def test_a_request_id_is_plain_or_our_own() -> None:
    """What a proxy passes on unread does not get into our logs."""
    assert seen("10.0.0.1", x_request_id='a" b\n').request_id != 'a" b\n'
    assert len(seen("10.0.0.1").request_id) == 16


@pytest.mark.parametrize(
    ("peer", "header", "is_local"),
    [
        ("127.0.0.1", None, True),
        ("::1", None, True),
        ("127.0.0.1", "x_forwarded_for", False),
        ("127.0.0.1", "via", False),
        ("10.0.0.1", None, False),
        ("testclient", None, False),
    ],
)
def test_this_machine_is_a_direct_connection(peer: str, header: str | None, is_local: bool) -> None:
    """Whatever came through a proxy, even on this machine, is somebody else."""
    visitor = seen(peer, host="localhost:7860", **({header: "127.0.0.1"} if header else {}))
    assert visitor.on_this_machine is is_local


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("localhost", True),
        ("localhost:7860", True),
        ("127.0.0.1:7860", True),
        ("[::1]:7860", True),
        ("127.9.9.9", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("evil.example@localhost:1x", False),
        ("0.0.0.0", False),
        ("203.0.113.7", False),
        ("[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_this_machine_is_asked_by_its_own_name(host: str | None, is_local: bool) -> None:
    """A page of another name that was led here (DNS rebinding) is nobody on this machine."""
    assert seen("127.0.0.1", **({"host": host} if host is not None else {})).on_this_machine is is_local


def test_a_forgotten_proxy_is_noticed() -> None:
    """A machine of our own network that forwards and is not listed makes all visitors one."""

    def noticed(peer: str, **headers: str) -> bool:
        made = scope(peer, **headers)
        return looks_misconfigured(made, identify(made, PROXY))

    assert noticed("192.168.1.1", x_forwarded_for="203.0.113.7")
    assert not noticed("10.0.0.1", x_forwarded_for="203.0.113.7")
    assert not noticed("8.8.8.8", x_forwarded_for="198.51.100.1")
    assert not noticed("192.168.1.1")


def test_limits_count_blocks_and_raise_listed_addresses() -> None:
    """An IPv6 /64 counts as one; the largest factor that fits counts."""
    assert block_of("2001:db8::1") == block_of("2001:db8::ffff:1") != block_of("2001:db8:0:1::1")
    assert block_of("203.0.113.7") == "203.0.113.7"
    assert block_of("") == "unknown"
    settings = WebSettings(raised=(Raised(ip_network("203.0.113.0/24"), 5), Raised(ip_network("203.0.113.7"), 20)))
    assert [factor_of(address, settings) for address in ("203.0.113.7", "203.0.113.8", "10.0.0.1", "")] == [20, 5, 1, 1]
    assert factor_of("127.0.0.1", WebSettings()) == 100


def test_sessions_in_logs_are_hashes_that_change_daily() -> None:
    """The same session has one name a day; nothing of it can be read, and without a session there is none."""
    names = Pseudonyms("secret")
    visitor = Visitor(session="the-session", address="203.0.113.7")
    today, later, tomorrow = (names.for_logs(visitor, now) for now in (86400.0, 86400.0 * 2 - 1, 86400.0 * 2))
    assert today == later != tomorrow
    assert today is not None
    assert len(today) == 12
    assert names.for_logs(Visitor()) is None
    assert names.of("a", "x") == Pseudonyms("secret").of("a", "x") != names.of("b", "x")
    assert names.of("a", "x") != Pseudonyms(None).of("a", "x")


def test_a_session_is_printable_and_short() -> None:
    """Anything else is no session."""
    assert seen("203.0.113.9", x_session_id="abc-1").session == "abc-1"
    assert seen("203.0.113.9", x_session_id="x" * 129).session is None
    assert Visitor().at("chat", "a b").session is None
    assert Visitor(session="a").at("openai", None).session == "a"
    assert (Visitor(user="u", session="s").who, Visitor(session="s").who, Visitor().who) == (
        "user u",
        "session s",
        None,
    )


@pytest.mark.parametrize(
    ("values", "user"),
    [(["ann"], "ann"), (["minister", "ann"], None), (["ann", "ann"], None), ([""], None), (["  "], None), ([], None)],
)
def test_two_names_are_no_name(values: list[str], user: str | None) -> None:
    """A proxy that adds its word to the client's, instead of putting it in its place, signs nobody in."""
    web = replace(WebSettings(), trusted_proxies=(ip_network("10.0.0.1"),), signin_header="x-forwarded-user")
    headers = [(b"x-forwarded-user", value.encode()) for value in values]
    scope = {"type": "http", "scheme": "http", "client": ("10.0.0.1", 1), "headers": headers}
    assert identify(scope, web).user == user


@pytest.mark.parametrize("header", ["cf-connecting-ip", "true-client-ip", "x-client-ip", "x-real-ip", "forwarded"])
def test_metrics_are_for_nobody_a_proxy_brings(header: str) -> None:
    """Each of the headers by which proxies say whom they bring."""
    with client_of(service_with(Scripted())) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers={header: "203.0.113.7"}).status_code == 404


def test_networks() -> None:
    """Neighbours are an IPv4 /24 and an IPv6 /48."""
    assert network_of("203.0.113.7") == network_of("203.0.113.200") == "203.0.113.0/24"
    assert network_of("2001:db8:1:2::3") == network_of("2001:db8:1:ffff::") == "2001:db8:1::/48"
    assert network_of("2001:db8:2::") != network_of("2001:db8:1::")
    assert network_of("") == "unknown"
