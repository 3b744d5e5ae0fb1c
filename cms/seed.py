"""What makes a freshly migrated database a usable, empty academy.

`connect()` has it done after every migration (and after the flush of a transactional test, which
empties even what migrations wrote). Each step looks before it writes: a second run changes nothing,
and nothing an author edited is ever written again.
"""

from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from django.apps import apps as installed
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Locale,
    Page,
    Site,
)

from academy.core.clock import now
from academy.people.roles import ALL_ROLES, HR, OPERATOR, TRAINER
from cms import seed_words as words
from cms.models import CataloguePage, HomePage, LibraryPage, PlainPage
from cms.models.brand import DEFAULT_NAME


def _key(name: str):
    return uuid5(NAMESPACE_URL, f"https://academy.example/pages/{name}")


#: Translation keys of the seeded pages: how other code finds them, whatever their title and slug.
HOME_KEY = _key("home")
CATALOGUE_KEY = _key("catalogue")
LIBRARY_KEY = _key("library")
ACCESSIBILITY_KEY = _key("accessibility")
PRIVACY_KEY = _key("privacy")
NEXT_STEPS_KEY = _key("next-steps")

ADMIN = ["wagtailadmin.access_admin"]
QUESTIONS = [
    f"assessments.{action}_{model}"
    for model in ("itembank", "itemcontent", "assessment", "rubric")
    for action in ("add", "change", "delete", "view", "publish", "lock", "unlock")
]
MARKING = ["assessments.mark_response"]
INSTALLATION = [
    *(f"people.{action}_user" for action in ("add", "change", "view")),
    *(
        f"wagtailcore.{action}_{model}"
        for model in ("site", "locale")
        for action in ("add", "change")
    ),
    *(f"wagtailredirects.{action}_redirect" for action in ("add", "change", "delete")),
    "cms.change_brandsettings",
]
ORGANISATION = [
    f"{app}.{action}_{model}"
    for app, model in (("people", "position"), ("competencies", "profile"))
    for action in ("add", "change", "delete", "view")
]
PERMISSIONS = {
    TRAINER: [*ADMIN, *QUESTIONS, *MARKING, "wagtail_localize.submit_translation"],
    HR: [*ADMIN, *ORGANISATION],
    OPERATOR: [*ADMIN, *INSTALLATION],
}
PAGE_ACTIONS = ("add", "change", "publish", "lock", "unlock")
#: Wagtail asks for the permissions of its own image and document, whatever model is used.
FILE_PERMISSIONS = [
    f"{app}.{action}_{name}"
    for app, name in (("wagtailimages", "image"), ("wagtaildocs", "document"))
    for action in ("add", "change", "choose")
]


def connect() -> None:
    """Seed after every migration."""
    post_migrate.connect(seed_after_migrate, dispatch_uid="cms.seed")


def seed_after_migrate(sender, using, apps=installed, **kwargs) -> None:
    """Runs when the last app has been migrated: only then do the permissions of all exist.

    A database that was migrated part of the way (`migrate cms 0001`, `migrate cms zero`) is left
    alone: the models in this file are those of the newest migrations.
    """
    last = [config for config in installed.get_app_configs() if config.models_module][-1]
    if sender.label != last.label or using != "default":
        return
    if "plan" in kwargs:  # sent by `migrate`; a flush sends no plan and changes no table
        executor = MigrationExecutor(connections[using])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return
    call_command("createcachetable", database=using, verbosity=0)  # where the cache is the database
    ensure_site()
    ensure_roles()


# --- Roles ----------------------------------------------------------------------------------------


@transaction.atomic
def ensure_roles() -> None:
    """The role groups exist and may do in the admin what their work asks for. Only ever adds."""
    groups = {name: Group.objects.get_or_create(name=name)[0] for name in ALL_ROLES}
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role, names in PERMISSIONS.items():
        groups[role].permissions.add(*(known[name] for name in names if name in known))
    homes = HomePage.objects.filter(depth=2)
    for action in PAGE_ACTIONS:
        permission = known.get(f"wagtailcore.{action}_page")
        for home in homes if permission else []:
            GroupPagePermission.objects.get_or_create(
                group=groups[TRAINER], page=home.page_ptr, permission=permission
            )
    collection = Collection.get_first_root_node()
    for name in FILE_PERMISSIONS:
        permission = known.get(name)
        if permission and collection:
            GroupCollectionPermission.objects.get_or_create(
                group=groups[TRAINER], collection=collection, permission=permission
            )


# --- Site -----------------------------------------------------------------------------------------


@transaction.atomic
def ensure_site() -> HomePage:
    """The languages, a default site, and its first pages in each; returns the English home page."""
    locales = {
        code: Locale.objects.get_or_create(language_code=code)[0]
        for code, _name in settings.LANGUAGES
    }
    if Collection.get_first_root_node() is None:
        Collection.add_root(name="Root")
    home = HomePage.objects.filter(locale=locales[settings.LANGUAGE_CODE], depth=2).first()
    if home is None:
        _remove_welcome_page()
        homes = _make_homes(locales)
        home = homes[settings.LANGUAGE_CODE]
        _point_site_at(home)
        _make_first_pages(homes)
    elif not Site.objects.filter(is_default_site=True).exists():
        _point_site_at(home)
    return home


def _make_homes(locales: dict[str, Locale]) -> dict[str, HomePage]:
    root = Page.get_first_root_node() or Page.add_root(
        instance=Page(title="Root", slug="root", locale=locales[settings.LANGUAGE_CODE])
    )
    return {
        code: _add(root, HomePage, locale, HOME_KEY, words.HOME) for code, locale in locales.items()
    }


def _make_first_pages(homes: dict[str, HomePage]) -> None:
    for home in homes.values():
        _add(home, CataloguePage, home.locale, CATALOGUE_KEY, words.CATALOGUE)
        _add(home, LibraryPage, home.locale, LIBRARY_KEY, words.LIBRARY)
        _add(home, PlainPage, home.locale, ACCESSIBILITY_KEY, words.ACCESSIBILITY)
        _add(home, PlainPage, home.locale, PRIVACY_KEY, words.PRIVACY)
        next_steps = _add(home, PlainPage, home.locale, NEXT_STEPS_KEY, words.NEXT_STEPS)
        home.body = words.HOME_BODY[home.locale.language_code] % {"next": next_steps.pk}
        home.save()


def _add(parent: Page, model: type, locale: Locale, key, texts: dict[str, dict]):
    """One live page; a language without words of its own shows those of the default one.

    No revision is made, as for Wagtail's own first page: its first editing makes one.
    """
    fields = texts.get(locale.language_code) or texts[settings.LANGUAGE_CODE]
    at = now()
    page = model(
        locale=locale, translation_key=key, first_published_at=at, last_published_at=at, **fields
    )
    return parent.add_child(instance=page)


def _point_site_at(home: HomePage) -> None:
    """The site is the one the academy's address names, and answers for every other host too."""
    address = urlsplit(settings.SITE_URL)
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    site.hostname = address.hostname or "localhost"
    site.port = address.port or (443 if address.scheme == "https" else 80)
    site.site_name = DEFAULT_NAME[settings.LANGUAGE_CODE]
    site.root_page = home.page_ptr
    site.save()


def _remove_welcome_page() -> None:
    """Wagtail's own first page, a bare `Page` with nothing below it, and with it its site."""
    for page in Page.objects.filter(depth=2, numchild=0):
        if page.specific_class is Page:
            page.delete()
