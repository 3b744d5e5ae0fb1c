"""The trainers' own pages in the admin: who may open them."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem

from academy.people.decorators import GuardedPattern, guarded_path
from academy.people.roles import TRAINER
from cms.admin_pages import RoleMenuItem


def trainer_path(route: str, view, name: str) -> GuardedPattern:
    """A route that trainers alone may take; 403 for everybody else."""
    return guarded_path(route, view, name, TRAINER)


class TrainerMenuItem(RoleMenuItem):
    role = TRAINER


def pages_about_assessments() -> list[MenuItem]:
    """What stands beside questions, banks and assessments in their menu."""
    pages = (
        (_("Question statistics"), "item_statistics:index", "order"),
        (_("Import questions"), "exchange:index", "upload"),
        (_("Allowances"), "running:allowances", "time"),
        (_("Graded again"), "regrades:index", "resubmit"),
        (_("Contested placements"), "placement_reviews:index", "help"),
    )
    return [
        TrainerMenuItem(
            label, reverse(view), name=view.partition(":")[0], icon_name=icon, order=1000 + place
        )
        for place, (label, view, icon) in enumerate(pages)
    ]
