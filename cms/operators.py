"""The operator's pages in the admin: who may open them."""

from academy.people.decorators import GuardedPattern, guarded_path
from academy.people.roles import OPERATOR
from cms.admin_pages import RoleMenuItem


def operator_path(route: str, view, name: str) -> GuardedPattern:
    """A route that operators alone may take; 403 for everybody else."""
    return guarded_path(route, view, name, OPERATOR)


class OperatorMenuItem(RoleMenuItem):
    role = OPERATOR
