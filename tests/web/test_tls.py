"""HTTPS: what the box makes for itself, who can trust it, how it is renewed and replaced, what plain HTTP does then."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from appliance.cli import main as cli
from appliance.web.certificates import RELEASED, issue
from appliance.web.own_names import is_host_name, own_names
from appliance.web.tls_files import Issued, TlsFiles, UnfitError, check_pair, read_issued, why_new
from tests.web.running import Web, problem, running_web

NOW = datetime.datetime(2027, 3, 1, tzinfo=datetime.UTC)
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    made = TlsFiles(tmp_path_factory.mktemp("tls") / "tls")
    issue(made, "shop", ["shop", "shop.local", "192.168.1.5", "fd00::5", "bank.example.com", "8.8.8.8"], NOW)
    return made


def chain(files: TlsFiles) -> tuple[x509.Certificate, x509.Certificate]:
    server, authority = x509.load_pem_x509_certificates(files.chain.read_bytes())
    return server, authority


def verified(files: TlsFiles, name: x509.DNSName | x509.IPAddress, at: datetime.datetime = NOW) -> bool:
    """Whether a browser that has installed the authority trusts the box under a name (RFC 5280, 6125)."""
    server, _ = chain(files)
    store = Store(x509.load_pem_x509_certificates(files.authority.read_bytes()))
    try:
        PolicyBuilder().store(store).time(at).build_server_verifier(name).verify(server, [])
    except VerificationError:
        return False
    return True


def test_who_installs_the_authority_trusts_the_names_of_the_box_and_no_others(files: TlsFiles) -> None:
    assert verified(files, x509.DNSName("shop.local"))
    assert verified(files, x509.IPAddress(ipaddress.ip_address("192.168.1.5")))
    assert not verified(files, x509.DNSName("bank.example.com"))
    assert not verified(files, x509.IPAddress(ipaddress.ip_address("8.8.8.8")))


def test_an_authority_vouches_for_a_lan_only_and_says_what_it_left_out(files: TlsFiles) -> None:
    issued = read_issued(files)
    assert issued
    assert issued.names == ("shop", "shop.local", "192.168.1.5", "fd00::5")
    assert issued.left_out == ("bank.example.com", "8.8.8.8")
    _, authority = chain(files)
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical


def test_keys_are_for_the_box_alone(files: TlsFiles) -> None:
    for path in (files.key, files.authority_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.directory.stat().st_mode) == 0o700


def test_a_certificate_of_a_box_that_believes_to_be_in_1970_is_good_today(tmp_path: Path) -> None:
    lost = TlsFiles(tmp_path / "tls")
    issue(lost, "shop", ["shop.local"], datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC))
    for days in (-300, 0, 300):
        assert verified(lost, x509.DNSName("shop.local"), RELEASED + datetime.timedelta(days=days))
    server, _ = chain(lost)
    assert server.not_valid_after_utc - server.not_valid_before_utc <= datetime.timedelta(days=825)


def test_a_renewal_keeps_the_authority_that_people_installed(tmp_path: Path) -> None:
    files = TlsFiles(tmp_path / "tls")
    first = issue(files, "shop", ["shop.local"], NOW)
    second = issue(files, "shop", ["shop.local", "10.0.0.9"], NOW + datetime.timedelta(days=500))
    assert second.authority_fingerprint == first.authority_fingerprint
    assert second.fingerprint != first.fingerprint
    assert verified(files, x509.DNSName("shop.local"), NOW + datetime.timedelta(days=800))


@pytest.mark.parametrize(
    ("names", "now_ms", "why"),
    [
        (["a.local"], 500 * DAY_MS, None),
        (["a.local", "left.example"], 500 * DAY_MS, None),
        (["a.local", "10.0.0.1"], 500 * DAY_MS, "names"),
        (["a.local"], 50 * DAY_MS, "clock"),
        (["a.local"], 820 * DAY_MS, "ends"),
        (["a.local"], 5000 * DAY_MS, "ends"),
    ],
)
def test_when_a_box_needs_another_certificate(names: list[str], now_ms: int, why: str | None) -> None:
    issued = Issued(
        names=("a.local",),
        left_out=("left.example",),
        not_before_ms=100 * DAY_MS,
        not_after_ms=900 * DAY_MS,
        fingerprint="",
        authority_fingerprint="",
    )
    assert why_new(issued, names, now_ms) == why
    assert why_new(None, names, now_ms) == "missing"


def test_a_damaged_note_is_as_none(files: TlsFiles, tmp_path: Path) -> None:
    other = TlsFiles(tmp_path)
    other.note.write_text('{"names": 5}')
    assert read_issued(other) is None
    other.note.write_text("[]")
    assert read_issued(other) is None


def test_the_box_finds_out_its_own_names() -> None:
    names = own_names()
    assert {"localhost", "127.0.0.1", "::1"} <= set(names)
    assert is_host_name(names[0])
    assert not any(is_host_name(each) for each in ("-a", "a_b", "a..b", "a" * 64, ""))


def test_a_certificate_that_does_not_fit_is_said_in_a_sentence(files: TlsFiles, tmp_path: Path) -> None:
    other = TlsFiles(tmp_path / "tls")
    issue(other, "shop", ["shop.local"], NOW)
    check_pair(files.chain, files.key)
    locked = tmp_path / "locked.pem"
    locked.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    (tmp_path / "der").write_bytes(b"\x30\x82")
    for certificate, key, said in [
        (files.chain, other.key, "does not belong to"),
        (files.key, files.chain, "swapped"),
        (files.chain, tmp_path / "missing", "can't be read"),
        (files.chain, locked, "password"),
        (tmp_path / "der", files.key, "PEM"),
    ]:
        with pytest.raises(UnfitError, match=said):
            check_pair(certificate, key)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A box that wants HTTPS of browsers and of programs."""
    settings = '[tls]\nlisten = "127.0.0.1:0"\nredirect = true\nhttp_api = false\nhsts_days = 2\n'
    with running_web(tmp_path_factory.mktemp("secure") / "box", settings=settings) as web:
        yield web


def https(web: Web) -> str:
    """Its address over HTTPS, once it is answered."""
    deadline = time.monotonic() + 60
    while "(HTTPS)" not in web.log():
        assert time.monotonic() < deadline, web.log()
        time.sleep(0.02)
    port = web.log().split(" (HTTPS)")[0].rsplit(" ", 1)[1]
    return f"https://127.0.0.1:{port}"


def authority(web: Web) -> str:
    return str(TlsFiles(web.data / "tls").authority)


def test_the_box_answers_https_with_what_a_person_can_install(secure: Web) -> None:
    address = https(secure)
    downloaded = requests.get(f"{secure.url}/certificate/simloft.pem", timeout=60)
    assert downloaded.text == Path(authority(secure)).read_text()
    der = requests.get(f"{secure.url}/certificate/simloft.crt", timeout=60)
    assert der.headers["Content-Type"] == "application/x-x509-ca-cert"
    assert ssl.DER_cert_to_PEM_cert(der.content).split() == downloaded.text.split()
    issued = read_issued(TlsFiles(secure.data / "tls"))
    assert issued
    page = requests.get(f"{secure.url}/certificate", headers={"Accept-Language": "en"}, timeout=60)
    assert issued.authority_fingerprint in page.text
    assert address in page.text
    answer = requests.get(f"{address}/healthz", verify=authority(secure), timeout=60)
    assert answer.json() == {"status": "ok"}
    assert answer.headers["Strict-Transport-Security"] == "max-age=172800"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
def test_old_tls_is_refused(secure: Web) -> None:
    address = https(secure)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority(secure))
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    for version, works in [(ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_1, False)]:
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1])), timeout=30) as line:
            try:
                context.wrap_socket(line, server_hostname="127.0.0.1").close()
                assert works
            except ssl.SSLError:
                assert not works


def test_pages_are_found_over_https_and_what_has_a_body_is_refused(secure: Web) -> None:
    address = https(secure)
    went = requests.get(f"{secure.url}/outbox?state=sent", allow_redirects=False, timeout=60)
    assert (went.status_code, went.headers["Location"]) == (307, f"{address}/outbox?state=sent")
    odd = requests.get(f"{secure.url}/a%0d%0aX-Evil:%201//b", allow_redirects=False, timeout=60)
    assert "X-Evil" not in odd.headers
    form = requests.post(f"{secure.url}/logout", allow_redirects=False, timeout=60)
    assert form.status_code == 403
    assert problem(secure.post(to="10086", text="x"), 403)["type"] == "/problems/https-only"
    assert secure.count() == 0
    secure.api.verify = authority(secure)
    sent = secure.api.post(f"{address}/api/v1/messages", json={"to": "10086", "text": "x"}, timeout=60)
    assert sent.status_code == 202


def test_a_session_over_https_stays_there(secure: Web) -> None:
    answer = requests.get(
        f"{https(secure)}/login/{secure.login_token()}", verify=authority(secure), timeout=60
    )
    assert "; Secure" in answer.headers["Set-Cookie"]
    # One with a name and a password likewise, and the language; a browser sends neither over plain HTTP.
    browser = requests.Session()
    browser.verify, browser.trust_env = authority(secure), False
    browser.cookies.update(answer.cookies)
    data = {"name": "Li Lei", "password": "four plain old words", "again": "four plain old words"}
    headers = {"Origin": https(secure)}
    made = browser.post(f"{https(secure)}/me", data=data, headers=headers, allow_redirects=False, timeout=60)
    assert made.status_code == 303, made.text
    entered = browser.post(
        f"{https(secure)}/login", data=data, headers=headers, allow_redirects=False, timeout=60
    )
    assert entered.status_code == 303, entered.text
    for each in entered.raw.headers.getlist("Set-Cookie"):
        assert {"Secure", "HttpOnly", "SameSite=Strict"} <= {piece.strip() for piece in each.split(";")}
    assert {each.secure for each in browser.cookies if each.name == "simloft_session"} == {True}
    browser.close()


def test_show_renew_and_replace(secure: Web, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    https(secure)
    options = ["--data", str(secure.data), "--config", str(secure.data / "simloft.toml")]
    before = read_issued(TlsFiles(secure.data / "tls"))
    assert before
    assert cli.main(["tls", "show", *options]) == 0
    assert before.authority_fingerprint in capsys.readouterr().out
    assert cli.main(["tls", "renew", *options]) == 0
    after = read_issued(TlsFiles(secure.data / "tls"))
    assert after
    assert after.fingerprint != before.fingerprint
    mine = TlsFiles(tmp_path / "tls")
    issue(mine, "mine", ["mine.local"], NOW)
    assert cli.main(["tls", "replace", str(mine.chain), str(mine.authority_key), *options]) != 0
    assert "does not belong" in capsys.readouterr().err
    assert cli.main(["tls", "replace", str(mine.chain), str(mine.key), *options]) == 0
    files = TlsFiles(secure.data / "tls")
    assert files.has_own
    assert stat.S_IMODE(files.own_key.stat().st_mode) == 0o600
    assert cli.main(["tls", "replace", "--back", *options]) == 0
    assert not files.has_own
