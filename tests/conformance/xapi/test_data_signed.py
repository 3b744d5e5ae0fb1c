"""xAPI 1.0.3, Data 2.6: signed statements, sent as clients send them (Communication 1.5.2).

Every way to be no signature is tried in tests/xapi/test_signatures.py.
"""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from academy.xapi.models import Statement
from tests.conformance.xapi.conftest import Store, make_statement

BOUNDARY = "-------------2718281828"
HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
USAGE_TYPE = "http://adlnet.gov/expapi/attachments/signature"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def jws(payload: bytes, key: rsa.RSAPrivateKey, algorithm: str) -> bytes:
    start = b64(json.dumps({"alg": algorithm}).encode()) + b"." + b64(payload)
    if algorithm in HASHES:
        return start + b"." + b64(key.sign(start, padding.PKCS1v15(), HASHES[algorithm]))
    code = hmac.HMAC(b"secret", hashes.SHA256())
    code.update(start)
    return start + b"." + b64(code.finalize())


def send(store: Store, statement: dict[str, Any], signature: bytes, **described: Any):
    """The statement with a signature attached, as multipart/mixed."""
    digest = hashlib.sha256(signature).hexdigest()
    attachment = {
        "usageType": USAGE_TYPE,
        "display": {"en": "Signature"},
        "contentType": "application/octet-stream",
        "length": len(signature),
        "sha2": digest,
        **described,
    }
    signed = {**statement, "attachments": [attachment]}
    lines = [
        f"--{BOUNDARY}", "Content-Type: application/json", "", json.dumps(signed),
        f"--{BOUNDARY}", f"Content-Type: {attachment['contentType']}",
        "Content-Transfer-Encoding: binary", f"X-Experience-API-Hash: {digest}", "",
        signature.decode(), f"--{BOUNDARY}--", "",
    ]  # fmt: skip
    return store.send(
        "\r\n".join(lines), content_type=f"multipart/mixed; boundary={BOUNDARY}"
    )  # fmt: skip


@pytest.mark.parametrize("algorithm", HASHES, ids=lambda name: f"XAPI-00117 2.6.s4.b4 {name}")
def test_a_signed_statement_is_stored(store, key, algorithm):
    statement = make_statement()
    answer = send(store, statement, jws(json.dumps(statement).encode(), key, algorithm))

    assert answer.status_code == 200, answer.content
    kept = store.get("statements", statementId=statement["id"]).json()
    assert kept["attachments"][0]["usageType"] == USAGE_TYPE


def refused(answer) -> bool:
    return answer.status_code == 400 and answer.json()["error"] and not Statement.objects.exists()


def test_a_signature_is_declared_as_octets(store, key):
    """XAPI-00115, 2.6.s4.b1."""
    statement = make_statement()
    signature = jws(json.dumps(statement).encode(), key, "RS256")

    assert refused(send(store, statement, signature, contentType="text/plain; charset=ascii"))


def test_a_signature_must_come_along(store, key):
    """XAPI-00115, 2.6.s4.b1: an address where it may be is none."""
    signature = jws(b"{}", key, "RS256")
    attachment = {
        "usageType": USAGE_TYPE,
        "display": {"en": "Signature"},
        "contentType": "application/octet-stream",
        "length": len(signature),
        "sha2": hashlib.sha256(signature).hexdigest(),
        "fileUrl": "https://example.org/signature",
    }

    assert refused(store.send(make_statement(attachments=[attachment])))


PAYLOADS = {
    "no JSON": lambda statement: json.dumps(statement).replace('"', "'", 1),
    "no statement": lambda statement: "{}",
    "another statement": lambda statement: json.dumps({**statement, "result": {"success": True}}),
}


@pytest.mark.parametrize(
    "payload", PAYLOADS.values(), ids=[f"XAPI-00116 2.6.s4.b3 {name}" for name in PAYLOADS]
)
def test_what_was_signed_is_the_statement(store, key, payload):
    statement = make_statement()

    assert refused(send(store, statement, jws(payload(statement).encode(), key, "RS256")))


def test_other_algorithms_are_refused(store, key):
    """XAPI-00117, 2.6.s4.b4."""
    statement = make_statement()

    assert refused(send(store, statement, jws(json.dumps(statement).encode(), key, "HS256")))


def test_what_is_no_signature_is_refused(store):
    """2.6.s5.b1."""
    assert refused(send(store, make_statement(), b"signature"))
