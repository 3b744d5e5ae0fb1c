"""Secrets that must be read again are kept encrypted, and their keys can be replaced."""

import pytest
from django.core.management import CommandError, call_command

from academy.core.sealing import SealBroken, reseal, seal, unseal
from academy.xapi.destinations import save_destination
from academy.xapi.models import Destination


def test_what_is_sealed_is_not_readable_and_opens_again():
    sealed = seal("hush – été")
    assert "hush" not in sealed
    assert sealed != seal("hush – été")
    assert unseal(sealed) == "hush – été"


def test_nothing_stays_nothing():
    assert (seal(""), unseal("")) == ("", "")


def test_what_was_changed_does_not_open():
    sealed = seal("hush")
    with pytest.raises(SealBroken):
        unseal(sealed[:-5] + "AAAA=")
    with pytest.raises(SealBroken):
        unseal("nonsense")


def test_another_key_does_not_open(settings):
    sealed = seal("hush")
    settings.SECRET_KEY = "another"
    with pytest.raises(SealBroken):
        unseal(sealed)


def test_a_former_secret_key_still_opens(settings):
    sealed = seal("hush")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert unseal(sealed) == "hush"

    again = reseal(sealed)
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(again) == "hush"
    with pytest.raises(SealBroken):
        unseal(sealed)


def test_a_key_of_its_own_seals_and_the_secret_key_still_opens(settings):
    old = seal("old")
    settings.ENCRYPTION_KEYS = ["a key of thirty-two characters or so"]
    new = seal("new")
    assert (unseal(old), unseal(new)) == ("old", "new")

    settings.SECRET_KEY = "another"
    assert unseal(new) == "new"


@pytest.mark.django_db
def test_passwords_are_sealed_again_by_command(settings):
    save_destination(Destination(name="one", endpoint="https://lrs.example/"), password="hush")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    call_command("reseal")
    settings.SECRET_KEY_FALLBACKS = []
    kept = Destination.objects.get()
    assert unseal(kept.password_sealed) == "hush"
    assert len(unseal(kept.pseudonym_key_sealed)) > 40

    settings.SECRET_KEY = "lost"
    with pytest.raises(CommandError, match="one: A stored secret cannot be read"):
        call_command("reseal")
