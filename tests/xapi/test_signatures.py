"""Signed statements: xAPI 1.0.3, Data 2.6."""

import base64
import copy
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from academy.xapi.schema import StatementError, validate
from academy.xapi.signatures import MAX_SIZE, signature_attachment, verify_signature

HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
STATEMENT = {
    "id": "4f5a1a8e-6d3a-4c1e-9f0e-0c6f1a1d2b3c",
    "actor": {"account": {"homePage": "https://people.example", "name": "4711"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed", "display": {"en": "passed"}},
    "object": {"id": "https://content.example/exam"},
    "result": {"score": {"scaled": 1, "raw": 10.0}},
    "timestamp": "2026-02-03T04:05:06Z",
}
SIGNATURE = {
    "usageType": "http://adlnet.gov/expapi/attachments/signature",
    "display": {"en": "Signature"},
    "contentType": "application/octet-stream",
}
OTHER_ATTACHMENT = {
    "usageType": "https://content.example/usage/certificate",
    "display": {"en": "Certificate"},
    "contentType": "application/pdf",
    "length": 3,
    "sha2": "a" * 64,
}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(private_key: Any, signer: Any = None) -> str:
    """A certificate of the key, signed by itself or by another, as x5c holds it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Examiner")])
    issued = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2020, 1, 1) + timedelta(days=1))
        .sign(signer or private_key, hashes.SHA256())
    )
    return base64.b64encode(issued.public_bytes(Encoding.DER)).decode()


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def sign(payload: Any, private_key: Any, alg: Any = "RS256", **header: Any) -> bytes:
    """A JWS in compact serialization, made by hand, so that it can be made wrong."""
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    start = b64(json.dumps({"alg": alg, **header}).encode()) + b"." + b64(text)
    if str(alg) in HASHES:
        signature = private_key.sign(start, padding.PKCS1v15(), HASHES[alg])
    elif alg == "HS256":
        signature = hmac.digest(private_key, start, "sha256")
    elif alg == "ES256":
        signature = private_key.sign(start, ec.ECDSA(hashes.SHA256()))
    else:
        signature = b"signature"
    return start + b"." + b64(signature)


def signed(data: bytes, statement: dict = STATEMENT, **attachment: Any) -> dict:
    """The statement with its signature attached."""
    sums = {"length": len(data), "sha2": hashlib.sha256(data).hexdigest()}
    received = copy.deepcopy(statement)
    received.setdefault("attachments", []).append({**SIGNATURE, **sums, **attachment})
    validate(received)
    return received


def refusal(received: dict, data: bytes | None) -> StatementError:
    with pytest.raises(StatementError) as caught:
        verify_signature(received, data)
    assert caught.value.status == 400
    assert caught.value.path.startswith("attachments[")
    return caught.value


# --- what is accepted ---------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", HASHES)
def test_signatures_of_the_three_algorithms_are_accepted(key, algorithm):
    """2.6.s4.b4, with the certificate and without."""
    for header in ({}, {"x5c": [certificate(key)]}):
        data = sign(STATEMENT, key, algorithm, **header)
        verify_signature(signed(data), data)


def test_only_the_first_certificate_signs(key, other_key):
    """RFC 7515, 4.1.6: the next ones vouch for it, which is not decided here."""
    data = sign(STATEMENT, key, x5c=[certificate(key, signer=other_key), certificate(other_key)])
    verify_signature(signed(data), data)


def test_statements_without_a_signature_have_nothing_to_verify():
    verify_signature(STATEMENT, None)
    verify_signature({**STATEMENT, "attachments": [OTHER_ATTACHMENT]}, None)
    assert signature_attachment(STATEMENT) is None
    assert signature_attachment({**STATEMENT, "attachments": [OTHER_ATTACHMENT]}) is None


def test_the_signature_is_found_among_other_attachments(key):
    """2.6.s4.b3: what was attached before is signed; the signature itself cannot be."""
    before = {**STATEMENT, "attachments": [OTHER_ATTACHMENT]}
    data = sign(before, key)
    received = signed(data, before)

    assert signature_attachment(received) == received["attachments"][1]
    verify_signature(received, data)


SAME = {
    "its properties in another order": dict(reversed(STATEMENT.items())),
    "no id yet": {k: v for k, v in STATEMENT.items() if k != "id"},
    "no timestamp yet": {k: v for k, v in STATEMENT.items() if k != "timestamp"},
    "its id in capitals": {**STATEMENT, "id": STATEMENT["id"].upper()},
    "its time in another zone": {**STATEMENT, "timestamp": "2026-02-03T05:05:06.000+01:00"},
    "no attachments, as an empty list": {**STATEMENT, "attachments": []},
    "another display of the verb": {**STATEMENT, "verb": {"id": STATEMENT["verb"]["id"]}},
    "what a store sets": {
        **STATEMENT,
        "stored": "2026-02-03T04:05:07Z",
        "authority": {"mbox": "mailto:store@example.org"},
        "version": "1.0.0",
    },
}


@pytest.mark.parametrize("original", SAME.values(), ids=SAME.keys())
def test_the_signed_statement_may_differ_as_one_statement_may(key, original):
    """2.6.s5.b3.b2 with 2.3.1."""
    data = sign(original, key)
    verify_signature(signed(data, {**STATEMENT, "version": "1.0.0"}), data)


# --- what is refused ----------------------------------------------------------------------------
OTHER = {
    "another actor": {**STATEMENT, "actor": {"mbox": "mailto:other@example.org"}},
    "another result": {**STATEMENT, "result": {"score": {"scaled": 0}}},
    "less than the statement": {k: v for k, v in STATEMENT.items() if k != "result"},
    "more than the statement": {**STATEMENT, "context": {"platform": "x"}},
    "another id": {**STATEMENT, "id": "00000000-0000-4000-8000-000000000000"},
    "another time": {**STATEMENT, "timestamp": "2026-02-03T04:05:07Z"},
    "another version": {**STATEMENT, "version": "2.0.0"},
    "another attachment": {**STATEMENT, "attachments": [OTHER_ATTACHMENT]},
}


@pytest.mark.parametrize("original", OTHER.values(), ids=OTHER.keys())
def test_a_signature_of_another_statement_is_refused(key, original):
    """2.6.s5.b3.b2."""
    data = sign(original, key, x5c=[certificate(key)])
    error = refusal(signed(data, {**STATEMENT, "version": "1.0.0"}), data)

    assert "does not sign the statement" in error.message


@pytest.mark.parametrize("name", ["id", "timestamp", "version"])
def test_what_was_signed_may_not_be_left_out(key, name):
    """A store would give the statement another than the signed one."""
    whole = {**STATEMENT, "version": "1.0.0"}
    data = sign(whole, key)

    refusal(signed(data, {k: v for k, v in whole.items() if k != name}), data)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        json.dumps(STATEMENT).replace('"', "'", 1).encode(),
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"{}",
        b'{"id": NaN}',
        json.dumps(STATEMENT).replace('"id"', '"id": "x", "id"', 1).encode(),
        json.dumps({**STATEMENT, "mood": "good"}).encode(),
        json.dumps(STATEMENT).encode() + b" x",
        b"[" * 100_000,
        b'{"\\ud800": 1}',
    ],
)
def test_a_payload_that_is_no_statement_is_refused(key, payload):
    """2.6.s4.b3: also by the store's own rules of JSON."""
    data = sign(payload, key, x5c=[certificate(key)])
    refusal(signed(data), data).message.encode()


def test_a_payload_changed_after_signing_is_refused(key):
    """2.6.s5.b3.b3."""
    header, _payload, signature = sign(
        {**STATEMENT, "result": {"success": False}}, key, x5c=[certificate(key)]
    ).split(b".")
    data = b".".join((header, b64(json.dumps(STATEMENT).encode()), signature))

    refusal(signed(data), data)


def test_a_changed_signature_is_refused(key):
    """2.6.s5.b3.b3."""
    start, _, signature = sign(STATEMENT, key, x5c=[certificate(key)]).rpartition(b".")
    changed = bytearray(base64.urlsafe_b64decode(signature + b"=="))
    changed[100] ^= 1
    data = start + b"." + b64(bytes(changed))

    refusal(signed(data), data)


def test_a_signature_by_another_key_than_the_certificates_is_refused(key, other_key):
    data = sign(STATEMENT, other_key, x5c=[certificate(key)])
    refusal(signed(data), data)


def test_an_algorithm_other_than_the_one_named_is_refused(key):
    data = sign(STATEMENT, key, "RS256", x5c=[certificate(key)])
    _, payload, signature = data.split(b".")
    header = b64(json.dumps({"alg": "RS512", "x5c": [certificate(key)]}).encode())
    swapped = b".".join((header, payload, signature))

    refusal(signed(swapped), swapped)


@pytest.mark.parametrize("algorithm", ["none", "None", "PS256", "rs256", "", None, 256, ["RS256"]])
def test_other_algorithms_are_refused(key, algorithm):
    """2.6.s4.b4."""
    for header in ({}, {"x5c": [certificate(key)]}):
        data = sign(STATEMENT, key, algorithm, **header)
        assert "RS256, RS384, RS512" in refusal(signed(data), data).message


def test_a_shared_secret_or_an_elliptic_curve_is_refused(key):
    """2.6.s4.b4. The certificate's public bytes as the secret is the classic confusion."""
    public = base64.b64decode(certificate(key))
    curve = ec.generate_private_key(ec.SECP256R1())
    for data in (
        sign(STATEMENT, public, "HS256", x5c=[certificate(key)]),
        sign(STATEMENT, b"secret", "HS256"),
        sign(STATEMENT, curve, "ES256", x5c=[certificate(curve)]),
        sign(STATEMENT, key, "RS256", x5c=[certificate(curve)]),
    ):
        refusal(signed(data), data)


def test_keys_too_short_for_the_algorithms_are_refused():
    """RFC 7518, 3.3."""
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    data = sign(STATEMENT, short, x5c=[certificate(short)])

    assert "2048" in refusal(signed(data), data).message


@pytest.mark.parametrize("chain", [[], "x", {}, [1], ["x"], [""], None, ["\ud800"], ["MIIB"]])
def test_certificates_that_are_none_are_refused(key, chain):
    """2.6.s4.b6."""
    data = sign(STATEMENT, key, x5c=chain)
    assert "x5c" in refusal(signed(data), data).message


def test_extensions_that_must_be_understood_are_refused(key):
    """RFC 7515, 4.1.11."""
    data = sign(STATEMENT, key, crit=["\ud800"], **{"\ud800": 1})
    refusal(signed(data), data).message.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"signature",
        b"..",
        b"a.b",
        b"a.b.c",
        b"a.b.c.d",
        b"e30.e30.",
        b"e30.e30.e30",
        b"W10.e30.e30",
        b"\xff.\xff.\xff",
        b64(b"[" * 50_000) + b".e30.e30",
        json.dumps({"payload": "e30", "signatures": []}).encode(),
    ],
)
def test_what_is_no_jws_in_compact_form_is_refused(data):
    """2.6.s4.b1 and b2."""
    refusal(signed(data), data)


def test_a_signature_has_no_line_end_or_padding(key):
    """RFC 7515, 2."""
    for data in (sign(STATEMENT, key) + b"\n", sign(STATEMENT, key) + b"="):
        refusal(signed(data), data)


def test_a_huge_signature_is_refused_unread():
    data = b"A" * (MAX_SIZE + 1)
    assert str(MAX_SIZE) in refusal(signed(data), data).message


def test_the_signature_must_come_along(key):
    """XAPI-00115: metadata alone does not sign; a link to it is no attachment."""
    data = sign(STATEMENT, key)
    refusal(signed(data), None)
    refusal(signed(data, fileUrl="https://content.example/signature"), None)


@pytest.mark.parametrize("kind", ["text/plain; charset=ascii", "application/jose", "application/*"])
def test_a_signature_is_declared_as_octets(key, kind):
    """2.6.s4.b1."""
    data = sign(STATEMENT, key)
    error = refusal(signed(data, contentType=kind), data)

    assert error.path == "attachments[0].contentType"


def test_a_statement_is_signed_once(key):
    data = sign(STATEMENT, key)
    twice = signed(data, signed(data))

    assert refusal(twice, data).path == "attachments[1]"
