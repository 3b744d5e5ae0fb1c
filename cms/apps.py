from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig


class CmsConfig(AppConfig):
    default = True
    name = "cms"
    verbose_name = _("Pages")

    def ready(self):
        from assessments.lessons import set_lesson_source
        from cms import csp, receivers, seed  # noqa: F401
        from cms.context_processors import brand_issuer
        from cms.lessons import lessons_to_read
        from credentials.issuer import set_issuer_source

        set_lesson_source(lessons_to_read)
        set_issuer_source(brand_issuer)
        seed.connect()
        csp.apply()


class AcademyUsersConfig(WagtailUsersAppConfig):
    """Wagtail's accounts, by the academy's rules."""

    default = False
    user_viewset = "cms.users.UserViewSet"
