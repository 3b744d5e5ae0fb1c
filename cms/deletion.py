"""What may not be deleted in the admin because something else needs it: refused in words."""

from collections.abc import Sequence

from django.db import models, router
from django.db.models.deletion import Collector, ProtectedError, RestrictedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.admin import messages

from academy.people.models import User


def what_needs(objects: Sequence[models.Model]) -> list[str]:
    """The kinds of rows, in the plural, that keep these from being deleted; empty when none do."""
    if not objects:
        return []
    collector = Collector(using=router.db_for_write(type(objects[0])))
    try:
        collector.collect(objects)
    except ProtectedError as error:
        rows = error.protected_objects
    except RestrictedError as error:
        rows = error.restricted_objects
    else:
        return []
    return sorted({str(row._meta.verbose_name_plural) for row in rows})


def _refuse(request: HttpRequest, objects: Sequence[models.Model], url: str) -> HttpResponse | None:
    kinds = what_needs(objects)
    if not kinds:
        return None
    messages.error(
        request,
        _("%(object)s cannot be deleted: %(kinds)s need it.")
        % {
            "object": ", ".join(capfirst(str(one)) for one in objects),
            "kinds": ", ".join(kinds),
        },
    )
    return redirect(url)


def refuse_snippets(request: HttpRequest, objects: Sequence[models.Model]) -> HttpResponse | None:
    """Before one or many are deleted: an assessment with attempts, a bank with questions."""
    objects = list(objects)
    if not objects:
        return None
    return _refuse(request, objects, type(objects[0]).snippet_viewset.get_url_name("list"))


def refuse_person(request: HttpRequest, person: User) -> HttpResponse | None:
    """Before an account is deleted: one whose holder earned a credential is deactivated instead."""
    return _refuse(request, [person], "wagtailusers_users:index")


def refuse_people(
    request: HttpRequest, action_type: str, objects: Sequence[models.Model], action
) -> HttpResponse | None:
    """Before many accounts are deleted."""
    if action_type != "delete" or action.model is not User:
        return None
    return _refuse(request, list(objects), "wagtailusers_users:index")
