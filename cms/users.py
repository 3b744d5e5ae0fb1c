"""Who may manage which account in the Wagtail admin.

An operator looks after accounts, but never gets above themselves: only a superuser makes, changes
or deletes a superuser, and nobody else changes their own roles. People are deactivated; only a
superuser deletes an account, and never one that holds what must be kept.
"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views import users as wagtail_users
from wagtail.users.views.bulk_actions import (
    AssignRoleBulkAction,
    DeleteBulkAction,
    SetActiveStateBulkAction,
)

from academy.people.models import User


def may_change(by: User, person: User) -> bool:
    """Whether the account may be changed at all: a superuser's by superusers alone."""
    return by.is_superuser or not person.is_superuser


def may_give_roles(by: User, person: User) -> bool:
    """Roles are given to others; a superuser, who may do everything already, is free."""
    return by.is_superuser or (person.pk != by.pk and not person.is_superuser)


# --- Forms ----------------------------------------------------------------------------------------


class ByMixin:
    """Knows who fills the form in, and offers no more than they may give. Nobody may give least."""

    def __init__(self, *args, by: User | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        if by is None or not by.is_superuser:
            self.fields.pop("is_superuser", None)
        if by is None or not may_give_roles(by, self.instance):
            self.fields["groups"].disabled = True
            self.fields["groups"].help_text = _("Somebody else has to change your roles.")


class NewUserForm(ByMixin, UserCreationForm):
    """A new account."""


class UserForm(ByMixin, UserEditForm):
    """An account that exists."""


# --- Views ----------------------------------------------------------------------------------------


class CreateView(wagtail_users.CreateView):
    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "by": self.request.user}


class EditView(wagtail_users.EditView):
    def setup(self, request: HttpRequest, *args, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        self.can_delete = self.can_delete and request.user.is_superuser

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not may_change(request.user, self.object):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "by": self.request.user}


class DeleteView(wagtail_users.DeleteView):
    """What must be kept is refused in words by `cms.deletion`."""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class IndexView(wagtail_users.IndexView):
    def get_delete_url(self, instance: User) -> str | None:
        return super().get_delete_url(instance) if self.request.user.is_superuser else None


class UserViewSet(wagtail_users.UserViewSet):
    """Wagtail's, with the rules above. A copy would carry a superuser's rights along: there is
    none."""

    index_view_class = IndexView
    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type:
        return UserForm if for_update else NewUserForm


# --- Many at once ---------------------------------------------------------------------------------


class AssignRole(AssignRoleBulkAction):
    def check_perm(self, obj: User) -> bool:
        return super().check_perm(obj) and may_give_roles(self.request.user, obj)


class SetActiveState(SetActiveStateBulkAction):
    def check_perm(self, obj: User) -> bool:
        return super().check_perm(obj) and may_change(self.request.user, obj)


class Delete(DeleteBulkAction):
    def check_perm(self, obj: User) -> bool:
        return super().check_perm(obj) and self.request.user.is_superuser


#: Registered after Wagtail's, whose places they take.
BULK_ACTIONS = [AssignRole, SetActiveState, Delete]
