"""An authenticator made of software: makes passkeys and signs with them, honestly or not.

It writes CBOR by hand and signs with `cryptography`, so that what verifies is not tested with
itself.
"""

import hashlib
import json
import secrets
import struct
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest import mock

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from accounts.models import User
from accounts.passkeys import services
from accounts.passkeys.services import Outcome

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
# What tests of the site without a browser have as BASE_URL.
ORIGIN = "http://testserver"

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def text(data: bytes) -> str:
    """Write bytes as WebAuthn's JSON does."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def data(written: str) -> bytes:
    """Read what `text` writes."""
    return urlsafe_b64decode(written + "=" * (-len(written) % 4))


def cbor(value: Any) -> bytes:
    """Write integers, bytes, text and dictionaries in the order that they have."""
    match value:
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case dict():
            pairs = (cbor(key) + cbor(each) for key, each in value.items())
            return _head(5, len(value)) + b"".join(pairs)
    raise TypeError(value)


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    return struct.pack(">BH", kind << 5 | 25, number)


def key_of(kind: str) -> Key:
    """Make a private key: "ES256", "EdDSA" or "RS256"."""
    match kind:
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        case "RS256":
            return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def cose(key: Key) -> dict[int, int | bytes]:
    """Return the public half as COSE has it."""
    match key:
        case ed25519.Ed25519PrivateKey():
            return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}
        case rsa.RSAPrivateKey():
            numbers = key.public_key().public_numbers()
            return {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: b"\x01\x00\x01"}
    point = key.public_key().public_numbers()
    return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}


def sign(key: Key, message: bytes) -> bytes:
    """Sign as the kind of key does."""
    match key:
        case ed25519.Ed25519PrivateKey():
            return key.sign(message)
        case rsa.RSAPrivateKey():
            return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


@dataclass
class Authenticator:
    """One passkey on one device; whatever it says of itself can be changed between two uses."""

    kind: str = "ES256"
    origin: str = ORIGIN
    rp_id: str = "testserver"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    handle: bytes | None = None
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    client: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the key."""
        self.key = key_of(self.kind)

    def make(self, options: dict[str, Any], **changed: Any) -> str:
        """Answer the options of `create`; `changed` replaces parts of the answer."""
        self.handle = data(options["user"]["id"])
        credential = (
            bytes(16)
            + struct.pack(">H", len(self.credential_id))
            + self.credential_id
            + cbor(changed.pop("public_key", cose(self.key)))
        )
        statement = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._said(ATTESTED) + credential,
        }
        response = {
            "clientDataJSON": text(self._client("webauthn.create", options)),
            "attestationObject": text(cbor(statement)),
            "transports": ["internal", "hybrid", "smoke-signals"],
        }
        return self._answer(response | changed)

    def prove(self, options: dict[str, Any], **changed: Any) -> str:
        """Answer the options of `get`; `changed` replaces parts of the answer."""
        client, said = self._client("webauthn.get", options), self._said()
        signature = sign(self.key, said + hashlib.sha256(client).digest())
        response: dict[str, Any] = {
            "clientDataJSON": text(client),
            "authenticatorData": text(said),
            "signature": text(signature),
        }
        if self.handle is not None:
            response["userHandle"] = text(self.handle)
        return self._answer(response | changed)

    def _said(self, also: int = 0) -> bytes:
        rp_id_hash = hashlib.sha256(self.rp_id.encode()).digest()
        return rp_id_hash + struct.pack(">BI", self.flags | also, self.count)

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps(said | self.client).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        name = text(self.credential_id)
        answer = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return json.dumps(answer)


def enrolled(user: User, name: str = "", **details: Any) -> Authenticator:
    """Return a device that holds a new passkey of this account."""
    device = Authenticator(**details)
    result = services.add(user, device.make(services.options_to_add(user)), name)
    assert result.outcome is Outcome.ACCEPTED, result
    return device


def later(by: timedelta) -> Any:
    """Let time pass for signed tokens within a `with` block."""
    now = time.time() + by.total_seconds()
    return mock.patch("django.core.signing.time.time", return_value=now)
