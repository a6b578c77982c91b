"""TLS to the broker and for HTTP: which certificates are trusted and shown, and what is wrong.

Decides the least version of the protocol and that a broker is always held to its certificate and
its name; there is no switch to leave that out. All faults of the files are found at once, and
before anything connects.
"""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

logger = logging.getLogger(__name__)

FILES: Final = ("ca", "certificate", "key")
"""The keys of a section that name files."""

ENCRYPTED: Final = (b"ENCRYPTED",)
"""What both kinds of encrypted key say of themselves (RFC 7468, section 11; RFC 1421, 4.6.1.1)."""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """What a client of the broker trusts and shows.

    Attributes
    ----------
    ca
        PEM file of the certificates that may have signed the broker's.
    certificate, key
        PEM files that we show when the broker asks for a certificate; both or none.
    passphrase
        Of the key, where it is encrypted.
    """

    ca: Path
    certificate: Path | None = None
    key: Path | None = None
    passphrase: str | None = None

    def __repr__(self) -> str:
        """Return where the files are, and nothing that is secret."""
        return f"TlsSettings({str(self.ca)!r}, {self.certificate!s}, {self.key!s})"


@dataclass(frozen=True, slots=True)
class ServerTls:
    """What a server shows: PEM files of a certificate and its key, and the key's passphrase."""

    certificate: Path
    key: Path
    passphrase: str | None = field(default=None, repr=False)


def tls_of(section: Mapping[str, Any], folder: Path, passphrase: str | None) -> TlsSettings | None:
    """Return what the keys ``ca``, ``certificate`` and ``key`` of a section say; None without ca.

    Parameters
    ----------
    section
        Other keys are passed over.
    folder
        What paths are relative to.
    passphrase
        Of the key, where it is encrypted.
    """
    ca, certificate, key = (
        None if section.get(name) is None else folder / section[name] for name in FILES
    )
    return None if ca is None else TlsSettings(ca, certificate, key, passphrase)


def section_faults(
    section: Mapping[str, Any], folder: Path, passphrase: str | None
) -> tuple[tuple[str, str], ...]:
    """Return what is wrong with the files of a section: each time the key and the fault.

    What is no text at all is left to whoever checks the section's types.
    """
    if any(not isinstance(section.get(name, ""), str) for name in FILES):
        return ()
    settings = tls_of(section, folder, passphrase)
    if settings is None:
        return tuple((name, "is of no use without ca") for name in FILES[1:] if name in section)
    return tuple(tls_faults(settings).items())


def server_tls_of(
    section: Mapping[str, Any], folder: Path, passphrase: str | None
) -> ServerTls | None:
    """Return what the keys ``certificate`` and ``key`` of a section say; None without both."""
    certificate, key = section.get("certificate"), section.get("key")
    if certificate is None or key is None:
        return None
    return ServerTls(folder / certificate, folder / key, passphrase)


def server_faults(
    section: Mapping[str, Any], folder: Path, passphrase: str | None
) -> tuple[tuple[str, str], ...]:
    """Return what is wrong with a server's files: each time the key and the fault."""
    named = {name: section[name] for name in FILES[1:] if section.get(name) is not None}
    if any(not isinstance(one, str) for one in named.values()):
        return ()  # whoever checks the section's types says so
    paths = {name: folder / one for name, one in named.items()}
    faults = {name: fault for name, path in paths.items() if (fault := _unreadable(path))}
    if len(paths) == 1:
        missing = next(name for name in FILES[1:] if name not in paths)
        faults[missing] = "is missing: certificate and key belong together"
    elif paths and not faults:
        faults |= _pair_faults(paths["certificate"], paths["key"], passphrase)
    return tuple(faults.items())


def server_tls_faults(settings: ServerTls) -> dict[str, str]:
    """Return what is wrong with a server's files as they are now; empty if nothing is."""
    section = {"certificate": str(settings.certificate), "key": str(settings.key)}
    return dict(server_faults(section, Path(), settings.passphrase))


def renew(context: ssl.SSLContext, settings: ServerTls) -> None:
    """Show what the files hold now, from the next connection on.

    Raises
    ------
    OSError
        If they are not what ``server_tls_faults`` finds good.
    """
    _load_pair(context, settings.certificate, settings.key, settings.passphrase)


def server_context(settings: ServerTls) -> ssl.SSLContext:
    """Return the context that connections are taken with.

    Raises
    ------
    OSError
        If a file is no longer what ``server_faults`` found good.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_pair(context, settings.certificate, settings.key, settings.passphrase)
    return context


def tls_faults(settings: TlsSettings) -> dict[str, str]:
    """Return what is wrong, by the setting that it is wrong with; empty if nothing is."""
    named = {"ca": settings.ca, "certificate": settings.certificate, "key": settings.key}
    faults = {
        name: fault
        for name, path in named.items()
        if path is not None and (fault := _unreadable(path))
    }
    if "ca" not in faults and not _trusts_somebody(settings.ca):
        faults["ca"] = "holds no certificate in PEM"
    if settings.certificate is None or settings.key is None:
        if settings.certificate is not settings.key:
            missing = "key" if settings.key is None else "certificate"
            faults.setdefault(missing, "is missing: certificate and key belong together")
    elif not {"certificate", "key"} & faults.keys():
        faults |= _pair_faults(settings.certificate, settings.key, settings.passphrase)
    return faults


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """Return the context that connections are made with.

    Raises
    ------
    OSError
        If a file is no longer what ``tls_faults`` found good.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(settings.ca)
    if settings.certificate is not None:
        _load_pair(context, settings.certificate, settings.key, settings.passphrase)
    return context


class KeptTls:
    """What a client connects with: its files as they are now, or as they were good last."""

    def __init__(self, settings: TlsSettings) -> None:
        self._settings = settings
        self._last: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Return the context for the next connection.

        Raises
        ------
        OSError
            If a file has a fault, and none was good before.
        """
        faults = tls_faults(self._settings)
        if faults and self._last is not None:
            logger.error("broker_certificate_refused", extra={"faults": faults})
            return self._last
        self._last = tls_context(self._settings)
        return self._last


def _unreadable(path: Path) -> str | None:
    try:
        path.read_bytes()
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return None


def _trusts_somebody(ca: Path) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(ca)
    except OSError:
        return False
    return bool(context.cert_store_stats()["x509"])


def _pair_faults(certificate: Path, key: Path, passphrase: str | None) -> dict[str, str]:
    """Say which of two readable files is wrong; the library says it of both alike."""
    if b"-----BEGIN CERTIFICATE-----" not in certificate.read_bytes():
        return {"certificate": "holds no certificate in PEM"}
    try:
        _load_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key, passphrase)
    except OSError as error:
        reason = getattr(error, "reason", None)
        if reason == "KEY_VALUES_MISMATCH":
            return {"key": "is not the key of this certificate"}
        if any(mark in key.read_bytes() for mark in ENCRYPTED):
            return {"key": "cannot be decrypted: the passphrase is missing or another one"}
        return {"key": "holds no private key in PEM"}
    return {}


def _load_pair(
    context: ssl.SSLContext, certificate: Path, key: Path | None, passphrase: str | None
) -> None:
    # Always with a word: left without one, the library asks on the terminal, for ever.
    context.load_cert_chain(certificate, key, password=lambda: passphrase or "")
