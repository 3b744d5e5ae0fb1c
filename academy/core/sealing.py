"""Secrets that must be read again, such as another system's password: kept encrypted.

Fernet (AES-128-CBC with HMAC-SHA256) under keys drawn by HKDF (RFC 5869) from `ENCRYPTION_KEYS`, and
from the secret key where none is set. The first key seals; all of them open, so a key is replaced by
putting the new one in front, sealing again (`manage.py reseal`), and taking the old one out.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from academy.core.errors import Conflict

PURPOSE = b"academy.core.sealing"


class SealBroken(Conflict):
    """What was sealed cannot be opened with the keys there are."""


def seal(text: str) -> str:
    """The text, encrypted; an empty text stays empty."""
    return _keys().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """What `seal` was given."""
    try:
        return _keys().decrypt(sealed).decode() if sealed else ""
    except InvalidToken as error:
        raise SealBroken(
            _("A stored secret cannot be read with the present keys. Enter it again.")
        ) from error


def reseal(sealed: str) -> str:
    """The same secret under the first key."""
    return seal(unseal(sealed))


def _keys() -> MultiFernet:
    return _ring(
        (*settings.ENCRYPTION_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS),
    )


@lru_cache(maxsize=4)
def _ring(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [
            Fernet(
                urlsafe_b64encode(
                    HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(
                        secret.encode()
                    )
                )
            )
            for secret in secrets
        ]
    )
