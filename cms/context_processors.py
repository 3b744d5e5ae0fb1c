"""What every template may rely on: the academy's identity, and which doors to show."""

from dataclasses import dataclass

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
    """Doors that not everyone has; each asked for only where a template draws it."""

    def __init__(self, request: HttpRequest):
        self._user = getattr(request, "user", None)

    @property
    def is_manager(self) -> bool:
        return bool(
            self._user and self._user.is_authenticated and visibility.is_manager(self._user)
        )

    @property
    def can_use_admin(self) -> bool:
        return bool(
            self._user
            and self._user.is_authenticated
            and self._user.has_perm("wagtailadmin.access_admin")
        )


def site(request: HttpRequest) -> dict:
    return {
        "site_brand": SimpleLazyObject(current_brand),
        "nav": Navigation(request),
    }
