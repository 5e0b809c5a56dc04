"""``/certificate``: how a browser comes to trust the box. Open to all, as it is needed before a log-in."""

from __future__ import annotations

import ssl
from http import HTTPStatus

from appliance.web.answer import Answer, html_answer
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.own_names import host_name
from appliance.web.problem import Problem
from appliance.web.render import render
from appliance.web.tls_files import TlsFiles, read_issued

_CERTIFICATE = "application/x-x509-ca-cert"
"""What makes iOS and Android offer to install it."""


def certificate_page(office: Office, asked: Asked) -> Answer:
    """What to install, and how, by system."""
    rules, port = office.settings.tls, office.https_port
    issued = None
    is_own = rules is not None and (rules.certificate is not None or TlsFiles(rules.directory).has_own)
    if rules is not None and not is_own:
        issued = read_issued(TlsFiles(rules.directory))
    host = asked.host.rsplit(":", 1)[0] if not asked.host.endswith("]") else asked.host
    secure = f"https://{host or host_name()}" + ("" if port == 443 else f":{port}")
    return html_answer(
        render(
            "certificate.html", office, asked, issued=issued, is_own=is_own, secure=secure if port else None
        )
    )


def authority(office: Office, asked: Asked, form: str) -> Answer:
    """The certificate of the box's authority: ``crt`` (DER) for systems that install it, ``pem`` for programs."""
    rules = office.settings.tls
    try:
        pem = b"" if rules is None else TlsFiles(rules.directory).authority.read_bytes()
    except OSError:
        pem = b""
    if not pem:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-page")
    body = pem if form == "pem" else ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))
    disposition = f'attachment; filename="simloft-{host_name()}.{form}"'
    return Answer(body, content_type=_CERTIFICATE, headers={"Content-Disposition": disposition})
