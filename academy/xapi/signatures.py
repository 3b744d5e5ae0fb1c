"""Signed statements (xAPI 1.0.3, Data 2.6): a JWS as an attachment of the statement.

What is checked is that the signature is well formed, signs this statement, and fits the certificate
it names. Whether that certificate is to be trusted is for whoever reads the statement (2.6.s5).
"""

import re
from base64 import b64decode

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import InvalidTokenError, PyJWS

from academy.core.errors import AcademyError
from academy.xapi.requests import parse_json
from academy.xapi.schema import StatementError, same_statement, validate

USAGE_TYPE = "http://adlnet.gov/expapi/attachments/signature"
CONTENT_TYPE = "application/octet-stream"
ALGORITHMS = ("RS256", "RS384", "RS512")
MAX_SIZE = 1024 * 1024
MIN_KEY_BITS = 2048  # RFC 7518, 3.3

# RFC 7515, 3.1 and 2: three parts in base64url, without padding
_compact = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+").fullmatch
_jws = PyJWS(algorithms=ALGORITHMS)


def signature_attachment(statement: dict) -> dict | None:
    """The attachment that is the signature of a valid statement, if it is signed.

    StatementError if there are several, or if it is declared as another kind of data (2.6.s4.b1):
    a statement has one signature, which covers all the rest of it.
    """
    found = None
    for index, attachment in enumerate(statement.get("attachments", ())):
        if attachment["usageType"] == USAGE_TYPE:
            path = f"attachments[{index}]"
            if found is not None:
                raise StatementError(path, "must not be a second signature", "2.6.s4.b1")
            if attachment["contentType"] != CONTENT_TYPE:
                raise StatementError(
                    f"{path}.contentType", f"of a signature must be {CONTENT_TYPE}", "2.6.s4.b1"
                )
            found = attachment
    return found


def verify_signature(statement: dict, data: bytes | None) -> None:
    """Raise StatementError unless `data` is a signature of this valid statement (2.6.s5.b3).

    `data` is what was sent for `signature_attachment(statement)`, None where nothing was. A statement
    that is not signed has nothing to verify.
    """
    if (attachment := signature_attachment(statement)) is None:
        return
    path = f"attachments[{statement['attachments'].index(attachment)}]"
    if data is None:
        raise StatementError(path, "must come with the signature itself", "2.6.s4.b1")
    if len(data) > MAX_SIZE:
        raise StatementError(path, f"must be a signature of {MAX_SIZE} bytes or less")
    _check_payload(_signed_payload(data, path), statement, attachment, path)


def _signed_payload(data: bytes, path: str) -> str:
    """What the JWS signs, once its form, algorithm and, with a certificate, signature are right."""
    if not _compact(data):
        raise StatementError(path, "must be a JWS in compact serialization", "2.6.s4.b2")
    try:
        header = _jws.get_unverified_header(data)
        if header.get("alg") not in ALGORITHMS:
            raise StatementError(
                path, f"must be signed by one of {', '.join(ALGORITHMS)}", "2.6.s4.b4"
            )
        if "x5c" in header:
            signed = _jws.decode_complete(data, _public_key(header["x5c"], path), ALGORITHMS)
        else:
            signed = _jws.decode_complete(data, options={"verify_signature": False})
        return signed["payload"].decode()
    except (InvalidTokenError, UnicodeDecodeError) as error:
        raise StatementError(path, "must be a JWS that can be verified", "2.6.s5.b3") from error


def _public_key(chain: object, path: str) -> RSAPublicKey:
    """The key of the first certificate, which is the signer's (RFC 7515, 4.1.6)."""
    try:
        if not isinstance(chain, list) or not all(type(link) is str for link in chain):
            raise ValueError("not a list of texts")
        key = x509.load_der_x509_certificate(b64decode(chain[0], validate=True)).public_key()
    except (ValueError, IndexError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise StatementError(path, "must hold X.509 certificates in x5c", "2.6.s4.b6") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
        raise StatementError(
            path, f"must name an RSA certificate of {MIN_KEY_BITS} bits or more", "2.6.s5.b3.b3"
        )
    return key


def _check_payload(payload: str, statement: dict, attachment: dict, path: str) -> None:
    """That the payload is the statement as it was before the signature was added (2.6.s4.b3).

    What a store assigns may have been assigned since; an id, a time or a version that was signed
    must be the one received.
    """
    rest = [other for other in statement["attachments"] if other is not attachment]
    received = {key: value for key, value in statement.items() if key != "attachments"}
    if rest:
        received["attachments"] = rest
    try:
        original = parse_json(payload, "The payload")
        validate(original)
    except AcademyError as error:
        raise StatementError(
            path, f"does not sign a statement: {error.message}", "2.6.s4.b3"
        ) from error
    if not original.get("attachments", True):
        del original["attachments"]
    changed = [
        key
        for key in ("id", "timestamp", "version")
        if key in original and (key not in received or not _equal(original, received, key))
    ]
    if changed or not same_statement(original, received):
        raise StatementError(path, "does not sign the statement it came with", "2.6.s5.b3.b2")


def _equal(original: dict, received: dict, key: str) -> bool:
    if key == "timestamp":
        return True  # compared as instants by `same_statement`
    return original[key].lower() == received[key].lower()
