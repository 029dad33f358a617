"""Ask a browser for a passkey and verify what it answers (WebAuthn level 3, sections 7.1 and 7.2).

Nothing here asks the database. The library verifies the type, the challenge, the origin, the hash
of the RP ID, that somebody was there and was verified, and the signature; what it leaves out is
verified here.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    AuthenticatorTransport,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.models import Passkey, User
from accounts.passkeys import challenge
from accounts.passkeys.challenge import Purpose, RefusedError, StaleError
from accounts.passkeys.relying_party import ALGORITHMS, server

# Characters of JSON. An answer of a few hundred bytes is usual; a client that does not strip the
# attestation of a TPM sends some 8 kB. Whatever is nested in it costs a millisecond at most.
MAX_ANSWER = 16_384
# Bytes: an RSA key of 4096 bits takes 540.
MAX_KEY = 1024

REQUIRED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True)
class NewCredential:
    """What a verified registration brings, and the challenge that it used."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: str
    is_backup_eligible: bool
    is_backed_up: bool
    nonce: str


@dataclass(frozen=True)
class Proof:
    """What a verified assertion says, and the challenge that it used."""

    sign_count: int
    is_backed_up: bool
    nonce: str


def options_to_add(user: User, handle: bytes, known: Iterable[Passkey]) -> dict[str, Any]:
    """Return the options of `navigator.credentials.create` as JSON has them.

    The passkey is one that signs in by itself: discoverable, its owner verified. An authenticator
    that holds one of the `known` makes no second one.
    """
    options, _state = server().register_begin(
        PublicKeyCredentialUserEntity(id=handle, name=user.email, display_name=user.email),
        credentials=_described(known),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=REQUIRED,
        challenge=challenge.make(Purpose.ADD, user),
    )
    return dict(options.public_key)


def options_to_prove(
    purpose: Purpose, user: User | None = None, known: Iterable[Passkey] | None = None
) -> dict[str, Any]:
    """Return the options of `navigator.credentials.get` as JSON has them.

    Without `known` the browser offers every passkey that it has for us.
    """
    options, _state = server().authenticate_begin(
        credentials=None if known is None else _described(known),
        user_verification=REQUIRED,
        challenge=challenge.make(purpose, user),
    )
    return dict(options.public_key)


def verify_new(answer: str, user: User) -> NewCredential:
    """Verify what the browser answered to `options_to_add`.

    Raises `RefusedError`, or `StaleError` for an answer that comes too late.
    """
    with _refusing():
        sent = _json(answer)
        parsed = RegistrationResponse.from_dict(sent)
        client_data = parsed.response.client_data
        nonce = challenge.read(client_data.challenge, Purpose.ADD, user)
        data = server().register_complete(_state(client_data), parsed)
        _check_frame(client_data)
        _check_backup(data)
        credential = data.credential_data
        if credential is None or credential.credential_id != parsed.raw_id:
            raise RefusedError("not the credential that the answer names")
        if not 0 < len(parsed.raw_id) <= Passkey.MAX_ID:
            raise RefusedError("too long an id")
        return NewCredential(
            credential_id=parsed.raw_id,
            public_key=_checked_key(credential.public_key),
            sign_count=data.counter,
            transports=_transports(sent),
            is_backup_eligible=data.is_backup_eligible(),
            is_backed_up=data.is_backed_up(),
            nonce=nonce,
        )


def read_proof(answer: str) -> AuthenticationResponse:
    """Return what the browser answered to `options_to_prove`, not verified yet.

    Raises `RefusedError`.
    """
    with _refusing():
        return AuthenticationResponse.from_dict(_json(answer))


def verify_proof(
    parsed: AuthenticationResponse, passkey: Passkey, purpose: Purpose, user: User | None = None
) -> Proof:
    """Verify that this passkey of ours answered a challenge made for this purpose.

    For an account that is known (`user`) the authenticator may leave out whose passkey it is;
    otherwise it has to say so, since nobody else did. Raises `RefusedError` or `StaleError`.
    """
    with _refusing():
        client_data = parsed.response.client_data
        nonce = challenge.read(client_data.challenge, purpose, user)
        key = AttestedCredentialData.create(
            Aaguid.NONE,
            bytes(passkey.credential_id),
            CoseKey.parse(cbor.decode(bytes(passkey.public_key))),  # type: ignore[arg-type]  # ours
        )
        server().authenticate_complete(_state(client_data), [key], parsed)
        _check_frame(client_data)
        data = parsed.response.authenticator_data
        _check_backup(data)
        if data.is_backup_eligible() != passkey.is_backup_eligible:
            raise RefusedError("a credential never changes whether it may be copied")
        handle = parsed.response.user_handle
        if handle is None and user is None:
            raise RefusedError("nobody says whose passkey it is")
        if handle is not None and handle != bytes(passkey.user.passkey_handle or b""):
            raise RefusedError("the passkey of another account")
        return Proof(sign_count=data.counter, is_backed_up=data.is_backed_up(), nonce=nonce)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn whatever goes wrong with a stranger's bytes into `RefusedError`.

    The library says by a dozen kinds of exceptions what it cannot read or verify: ValueError,
    KeyError, AttributeError, struct.error, RecursionError …
    """
    try:
        yield
    except (RefusedError, StaleError):
        raise
    except Exception as error:
        raise RefusedError from error


def _json(answer: str) -> dict[str, Any]:
    if len(answer) > MAX_ANSWER:
        raise RefusedError("too long")
    sent = json.loads(answer)
    if not isinstance(sent, dict) or sent.get("type") != PublicKeyCredentialType.PUBLIC_KEY:
        raise RefusedError("no public key credential")
    return sent


def _state(client_data: CollectedClientData) -> dict[str, Any]:
    """Return what the library compares with: the challenge, whose signature we have read."""
    return {
        "challenge": websafe_encode(client_data.challenge),
        "user_verification": REQUIRED,
    }


def _check_frame(client_data: CollectedClientData) -> None:
    """Refuse what was made in another site's frame; no page of ours can be framed."""
    if client_data.cross_origin or "topOrigin" in json.loads(client_data):
        raise RefusedError("made inside another site's page")


def _check_backup(data: AuthenticatorData) -> None:
    """Refuse a copy of what may not be copied (section 6.1.3)."""
    if data.is_backed_up() and not data.is_backup_eligible():
        raise RefusedError("backed up without being eligible")


def _checked_key(key: CoseKey) -> bytes:
    """Return the key as it is stored; refuse one that could never verify a signature."""
    if key.get(3) not in ALGORITHMS:
        raise RefusedError("an algorithm that was not asked for")
    encoded = cbor.encode(key)
    if len(encoded) > MAX_KEY:
        raise RefusedError("too long a key")
    try:
        key.verify(b"", b"")
    except InvalidSignature:
        return encoded
    raise RefusedError("a key that takes anything")


def _transports(sent: dict[str, Any]) -> str:
    """Return the ways that the authenticator can be reached, as far as we know them."""
    named = sent["response"].get("transports") or []
    return " ".join(each for each in AuthenticatorTransport if each in named)


def _described(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            type=PublicKeyCredentialType.PUBLIC_KEY,
            id=bytes(each.credential_id),
            transports=[AuthenticatorTransport(name) for name in each.transports.split()] or None,
        )
        for each in passkeys
    ]
