"""Which path leads to which room.

Pages for people stand under a language prefix; what machines and printed links use does not.
"""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from cms import documents
from cms import views as cms

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", include(wagtailadmin_urls)),
    re_path(r"^documents/(?P<document_id>\d+)/(?P<document_filename>.*)$", documents.serve),
    path("documents/", include(wagtaildocs_urls)),
    path("xapi/", include("academy.xapi.urls")),
    path("", include("credentials.urls")),
    # Pictures only: documents and credentials are served by views that ask who is there.
    re_path(r"^media/(?P<path>images/.+)$", serve, {"document_root": settings.MEDIA_ROOT}),
]
urlpatterns += i18n_patterns(
    path("accounts/", include("allauth.urls")),
    path("", include("academy.portal.urls")),
    path("", include("assessments.urls")),
    path("", include("courses.urls")),
    path("", include("cms.urls")),
    re_path(wagtail_urls.serve_pattern, cms.serve),
    path("", include(wagtail_urls)),
)
if settings.DEBUG:
    from academy.core import patterns

    urlpatterns.insert(0, path("patterns/", patterns.library, name="patterns"))
