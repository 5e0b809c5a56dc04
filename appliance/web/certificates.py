"""Makes the certificates of a box: its own authority, and what that vouches for (RFC 5280).

``python -m appliance.web.certificates DIR`` reads what is wanted as JSON from its input; it is a process of its own and
short-lived, because the library takes 20 MB that the web process would never give back.

**Dates.** A box has no clock of its own, and may believe anything at its first start. So the authority is good from
2000 to 2099, and a certificate begins long before the moment that the box believes it is, which in turn is never taken
to be before this release. It is good for 800 days in all, since Apple's systems accept no more than 825 of any
certificate, and the box makes another one as soon as its clock says something else.

**Names.** The authority can only vouch for names and addresses of a LAN (critical name constraints), so that whoever
steals its key from the box can't be somebody's bank.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.web.tls_files import Issued, TlsFiles, write_file, write_issued

RELEASED = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
"""No box that runs this release is older than it, whatever its clock says."""
BACK = datetime.timedelta(days=400)
AHEAD = datetime.timedelta(days=400)
LOCAL_DOMAINS = ("local", "lan", "home.arpa", "internal", "localhost")
LOCAL_NETWORKS = tuple(
    ipaddress.ip_network(each)
    for each in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)

Key = ec.EllipticCurvePrivateKey


def issue(files: TlsFiles, host: str, names: Sequence[str], now: datetime.datetime) -> Issued:
    """Make a certificate for host names and addresses, with a new key, and the authority where none is there."""
    files.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, authority_key = _authority(files, host)
    vouched = [each for each in names if _may_vouch(authority, each)]
    now = max(now, RELEASED)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_named(host[:64]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACK)
        .not_valid_after(now + AHEAD)
        .add_extension(x509.SubjectAlternativeName([_general_name(each) for each in vouched]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    write_file(files.key, _pem_of_key(key), secret=True)
    write_file(files.chain, _pem(certificate) + _pem(authority), secret=False)
    issued = Issued(
        names=tuple(vouched),
        left_out=tuple(each for each in names if each not in vouched),
        not_before_ms=_ms(certificate.not_valid_before_utc),
        not_after_ms=_ms(certificate.not_valid_after_utc),
        fingerprint=_fingerprint(certificate),
        authority_fingerprint=_fingerprint(authority),
    )
    write_issued(files, issued)
    return issued


def _authority(files: TlsFiles, host: str) -> tuple[x509.Certificate, Key]:
    try:
        certificate = x509.load_pem_x509_certificate(files.authority.read_bytes())
        key = serialization.load_pem_private_key(files.authority_key.read_bytes(), None)
    except FileNotFoundError:
        return _new_authority(files, host)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ValueError(f"{files.authority_key} does not belong to {files.authority}")
    return certificate, key


def _new_authority(files: TlsFiles, host: str) -> tuple[x509.Certificate, Key]:
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # Two boxes of one name would have authorities that a person can't tell apart.
    subject = _named(f"Simloft {host[:40]} {identifier.digest.hex()[:6]}")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2099, 12, 31, tzinfo=datetime.UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(
            x509.NameConstraints(
                [
                    *(x509.DNSName(each) for each in dict.fromkeys((*LOCAL_DOMAINS, host))),
                    *(x509.IPAddress(each) for each in LOCAL_NETWORKS),
                ],
                None,
            ),
            critical=True,
        )
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    write_file(files.authority_key, _pem_of_key(key), secret=True)
    write_file(files.authority, _pem(certificate), secret=False)
    return certificate, key


def _may_vouch(authority: x509.Certificate, name: str) -> bool:
    """Whether an authority's constraints let it vouch for a name or an address (RFC 5280 §4.2.1.10)."""
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
    general = _general_name(name)
    return any(_is_permitted(general, each) for each in permitted or ())


def _is_permitted(name: x509.GeneralName, subtree: x509.GeneralName) -> bool:
    match name, subtree:
        case x509.IPAddress(), x509.IPAddress():
            address, network = name.value, subtree.value
            if isinstance(network, ipaddress.IPv4Network):
                return isinstance(address, ipaddress.IPv4Address) and address in network
            return (
                isinstance(network, ipaddress.IPv6Network)
                and isinstance(address, ipaddress.IPv6Address)
                and address in network
            )
        case x509.DNSName(), x509.DNSName():
            return f".{name.value}".endswith(f".{subtree.value}")
    return False


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode() if not name.isascii() else name)


def _usage(*, signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _named(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Simloft"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _ms(instant: datetime.datetime) -> int:
    return int(instant.timestamp() * 1000)


def main() -> None:
    """``{"host": …, "names": […], "now_ms": …}`` on the input, a directory as argument."""
    wanted = json.load(sys.stdin)
    now = datetime.datetime.fromtimestamp(wanted["now_ms"] / 1000, datetime.UTC)
    issue(TlsFiles(Path(sys.argv[1])), wanted["host"], wanted["names"], now)


if __name__ == "__main__":
    main()
