"""The trainers' page of allowances: what is arranged for one person in one assessment."""

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.widgets import AdminDateTimeInput
from wagtail.log_actions import log

from academy.core.errors import AcademyError
from academy.people.models import User
from assessments.allowances import give_allowance, withdraw_allowance
from assessments.models import Allowance, Assessment
from cms.admin_pages import AdminPage, Newest

TRAIL = ((reverse_lazy("running:allowances"), _("Allowances")),)


def allowances() -> QuerySet[Allowance]:
    return Allowance.objects.select_related("assessment", "learner", "given_by")


class IndexView(AdminPage):
    """What was allowed to whom, the latest first. One query a page."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/allowance_index.html"
    page_title = _("Allowances")
    header_icon = "time"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(page=Newest.of(allowances(), request))


class AllowanceForm(forms.Form):
    """A person is named by their e-mail address: trainers browse nobody."""

    assessment = forms.ModelChoiceField(
        label=_("Assessment"), queryset=Assessment.objects.order_by("code")
    )
    email = forms.EmailField(
        label=_("E-mail address of the person"),
        help_text=_("The person tells you. You need no reason, and write none here."),
    )
    closes_at = forms.DateTimeField(
        label=_("Closes for this person"),
        required=False,
        widget=AdminDateTimeInput,
        help_text=_("Later than for everyone. Left empty: as for everyone."),
    )
    extra_minutes = forms.IntegerField(
        label=_("Minutes more"),
        required=False,
        min_value=0,
        max_value=1440,
        help_text=_("Beside the time of their own settings. They count in a running attempt too."),
    )
    extra_attempts = forms.IntegerField(
        label=_("Attempts more"), required=False, min_value=0, max_value=20
    )

    def __init__(self, *args, allowance: Allowance | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.allowance = allowance
        if allowance is not None:  # it stays the same person's, in the same assessment
            del self.fields["assessment"], self.fields["email"]
            self.initial |= {
                "closes_at": allowance.closes_at,
                "extra_minutes": allowance.extra_minutes,
                "extra_attempts": allowance.extra_attempts,
            }

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        self.learner = User.objects.filter(email=email, is_active=True).first()
        if self.learner is None:
            raise forms.ValidationError(_("Nobody in the academy has this address."))
        return email

    def clean(self) -> dict:
        data = super().clean()
        if self.allowance is not None:
            self.learner, assessment = self.allowance.learner, self.allowance.assessment
        else:
            assessment = data.get("assessment")
        if assessment is None or getattr(self, "learner", None) is None:
            return data
        self.assessment = assessment
        if self.allowance is None and allowances().filter(
            assessment=assessment, learner=self.learner
        ):
            words = _("This person has an allowance for this assessment already. Change that one.")
            raise forms.ValidationError(words)
        self._check_close(data.get("closes_at"), assessment)
        if not any(data.get(name) for name in ("closes_at", "extra_minutes", "extra_attempts")):
            raise forms.ValidationError(
                _("Say what is allowed: a later close, minutes or attempts more.")
            )
        return data

    def _check_close(self, closes_at, assessment: Assessment) -> None:
        if closes_at is None:
            return
        if assessment.closes_at is None:
            self.add_error("closes_at", _("This assessment does not close. Leave this empty."))
        elif closes_at <= assessment.closes_at:
            local = timezone.localtime(assessment.closes_at)
            words = gettext("For everyone it closes on %(day)s. Choose a later time.")
            self.add_error("closes_at", words % {"day": f"{local:%Y-%m-%d %H:%M}"})


class AllowanceView(AdminPage, FormView):
    template_name = "cms/admin/allowance_form.html"
    header_icon = "time"
    parents = TRAIL
    form_class = AllowanceForm
    allowance: Allowance | None = None
    action = "wagtail.create"

    def get_initial(self) -> dict:
        asked = self.request.GET.get("assessment", "")
        return {"assessment": asked} if asked.isdecimal() else {}

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "allowance": self.allowance}

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(allowance=self.allowance, **kwargs)

    def form_valid(self, form: AllowanceForm) -> HttpResponse:
        data = form.cleaned_data
        try:
            allowance = give_allowance(
                assessment=form.assessment,
                learner=form.learner,
                by=self.request.user,
                closes_at=data["closes_at"],
                extra_minutes=data["extra_minutes"] or 0,
                extra_attempts=data["extra_attempts"] or 0,
            )
        except AcademyError as error:
            form.add_error(None, error.message)
            return self.form_invalid(form)
        log(
            instance=allowance,
            action=self.action,
            user=self.request.user,
            data={
                "closes_at": allowance.closes_at and allowance.closes_at.isoformat(),
                "extra_minutes": allowance.extra_minutes,
                "extra_attempts": allowance.extra_attempts,
            },
        )
        messages.success(self.request, gettext("It is allowed, in a running attempt too."))
        return redirect("running:allowances")


class AddView(AllowanceView):
    page_title = _("Add an allowance")


class EditView(AllowanceView):
    page_title = _("Change an allowance")
    action = "wagtail.edit"

    @cached_property
    def allowance(self) -> Allowance:
        return get_object_or_404(allowances(), pk=self.kwargs["pk"])


class DeleteView(AdminPage):
    """Taking an allowance back asks first."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/allowance_delete.html"
    page_title = _("Take an allowance back")
    header_icon = "time"
    parents = TRAIL

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(allowance=get_object_or_404(allowances(), pk=pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        allowance = get_object_or_404(allowances(), pk=pk)
        log(instance=allowance, action="wagtail.delete", user=request.user, deleted=True)
        withdraw_allowance(allowance=allowance)
        messages.success(request, gettext("The allowance is taken back."))
        return redirect("running:allowances")
