"""Certificates for tests, made anew each time: an authority, a broker's, a client's."""

from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization


class Authority:
    """Signs certificates, and puts them into files of a folder."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self.ca = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(self.ca)

    def issue(self, name: str, *identities: str, passphrase: str | None = None) -> dict[str, Path]:
        """Return the files ``ca``, ``certificate`` and ``key`` of somebody."""
        leaf = self._ca.issue_cert(*(identities or (name,)), common_name=name)
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        plain = leaf.private_key_pem.bytes()
        key.write_bytes(plain if passphrase is None else _encrypted(plain, passphrase))
        return {"ca": self.ca, "certificate": certificate, "key": key}


def _encrypted(key: bytes, passphrase: str) -> bytes:
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
