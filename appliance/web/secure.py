"""HTTPS beside plain HTTP: there is a certificate, it is made anew where it would not do any more, and it is used."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.web.gateway import Gateway
from appliance.web.listener import Listener
from appliance.web.office import Office
from appliance.web.own_names import host_name, own_names
from appliance.web.serving import Certificate, Serving, open_when_free
from appliance.web.tls_files import TlsFiles, UnfitError, check_pair, read_issued, why_new
from appliance.web.tls_rules import TlsRules

LOOK_S = 60.0
"""How often addresses, dates and files are looked at."""
MAKING_LIMIT_S = 60.0
STOP_LIMIT_S = 1.0

log = logging.getLogger("simloft.web")


async def serve_securely(rules: TlsRules, office: Office, gateway: Gateway) -> None:
    """Answer HTTPS, until cancelled; what goes wrong is said and tried again, and plain HTTP goes on."""
    at = Listener(host=rules.host, port=rules.port, is_tls=True)
    with await open_when_free(at) as listening:
        serving: Serving | None = None
        known, said = "", ""
        try:
            while True:
                try:
                    certificate = await _certificate(rules, office.now_ms())
                    mark = _mark(certificate)
                    if mark != known:
                        fresh = Serving(gateway, at, listening, certificate)
                        if serving is not None:
                            await serving.stop(STOP_LIMIT_S)
                        else:
                            log.info(
                                "also listening on %s port %d (HTTPS)", at.host, listening.getsockname()[1]
                            )
                        serving, known, said = fresh, mark, ""
                        office.https_port = listening.getsockname()[1]
                except (UnfitError, OSError) as error:
                    if str(error) != said:
                        log.error("HTTPS: %s", error)
                    said = str(error)
                await asyncio.sleep(LOOK_S)
        finally:
            office.https_port = None
            if serving is not None:
                await serving.stop(STOP_LIMIT_S)


async def _certificate(rules: TlsRules, now_ms: int) -> Certificate:
    """The one to answer with. Raises :class:`UnfitError`."""
    files = TlsFiles(rules.directory)
    own = own_pair(rules, files)
    if own is not None:
        await asyncio.to_thread(check_pair, own.chain, own.key)
        return own
    names = (*own_names(), *rules.names)
    why = why_new(read_issued(files), names, now_ms)
    if why is not None:
        await make(files, names, now_ms)
        log.info("a certificate was made (%s)", why)
    return Certificate(files.chain, files.key)


def own_pair(rules: TlsRules, files: TlsFiles) -> Certificate | None:
    """A person's certificate, where there is one: that of the settings before that of ``simloft tls replace``."""
    if rules.certificate and rules.key:
        return Certificate(rules.certificate, rules.key)
    return Certificate(files.own_chain, files.own_key) if files.has_own else None


async def make(files: TlsFiles, names: Sequence[str], now_ms: int) -> None:
    """Have a certificate made by a process of its own. Raises :class:`UnfitError`."""
    wanted = {"host": host_name(), "names": list(names), "now_ms": now_ms}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "appliance.web.certificates", str(files.directory)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(MAKING_LIMIT_S):
            _, said = await process.communicate(json.dumps(wanted).encode())
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise UnfitError("no certificate could be made in time") from error
    if process.returncode != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        raise UnfitError(f"no certificate could be made ({lines[-1] if lines else process.returncode})")


def _mark(certificate: Certificate) -> str:
    """Another text when the files are others."""
    return " ".join(_stat(path) for path in (certificate.chain, certificate.key))


def _stat(path: Path) -> str:
    found = path.stat()
    return f"{path} {found.st_mtime_ns} {found.st_ino}"
