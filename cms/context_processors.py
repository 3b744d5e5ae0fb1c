"""What every template may rely on: the academy's identity, and which doors to show."""

import time
from dataclasses import dataclass
from functools import cached_property

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from wagtail.models import Site

from academy.core.fields import Localized
from academy.people import visibility
from cms.models import BrandSettings
from cms.models.brand import DEFAULT_NAME

_BRAND_KEY = "cms:brand:1"


@dataclass(frozen=True)
class Brand:
    """The identity as templates use it."""

    name: Localized
    logo_url: str
    primary: str
    accent: str
    revision: int

    @property
    def css_url(self) -> str:
        """The stylesheet with this academy's colours; none while they are the built-in ones."""
        if (self.primary, self.accent) == ("#0f766e", "#f4a72c"):
            return ""
        return f"{reverse('cms:brand_css')}?{self.revision}"


def current_brand() -> Brand:
    """The default site's identity, cached until it is saved again (`forget_brand`)."""
    brand = cache.get(_BRAND_KEY)
    if brand is None:
        site = Site.objects.filter(is_default_site=True).first()
        settings = BrandSettings.for_site(site) if site else BrandSettings()
        logo = settings.logo.get_rendition("max-400x120").url if settings.logo else ""
        brand = Brand(
            Localized(settings.name or DEFAULT_NAME),
            logo,
            settings.primary,
            settings.accent,
            settings.revision,
        )
        cache.set(_BRAND_KEY, brand, 300)
    return brand


def forget_brand() -> None:
    cache.delete(_BRAND_KEY)


def brand_issuer() -> dict:
    """The identity as `credentials` freezes it."""
    brand = current_brand()
    return {"name": brand.name, "primary": brand.primary, "accent": brand.accent}


class Navigation:
    """Doors that not everyone has. Asked for only where a template draws them, and remembered in the
    session for some minutes: they are signs, not locks, and every view behind them checks again."""

    REMEMBERED_SECONDS = 300

    def __init__(self, request: HttpRequest):
        self._request = request

    @cached_property
    def _doors(self) -> dict:
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return {"manager": False, "admin": False}
        known = self._request.session.get("doors", {})
        if known.get("person") != user.pk or known.get("until", 0) < time.time():
            known = {
                "person": user.pk,
                "manager": visibility.is_manager(user),
                "admin": user.has_perm("wagtailadmin.access_admin"),
                "until": time.time() + self.REMEMBERED_SECONDS,
            }
            self._request.session["doors"] = known
        return known

    @property
    def is_manager(self) -> bool:
        return self._doors["manager"]

    @property
    def can_use_admin(self) -> bool:
        return self._doors["admin"]


def site(request: HttpRequest) -> dict:
    return {
        "site_brand": SimpleLazyObject(current_brand),
        "nav": Navigation(request),
    }
