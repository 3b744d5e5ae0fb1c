"""The trainers' own pages in the admin: who may open them."""

from django.http import HttpRequest
from wagtail.admin.menu import MenuItem

from academy.people.decorators import GuardedPattern, guarded_path
from academy.people.roles import TRAINER, has_role


def trainer_path(route: str, view, name: str) -> GuardedPattern:
    """A route that trainers alone may take; 403 for everybody else."""
    return guarded_path(route, view, name, TRAINER)


class TrainerMenuItem(MenuItem):
    """A door that trainers alone see."""

    def is_shown(self, request: HttpRequest) -> bool:
        return has_role(request.user, TRAINER)
