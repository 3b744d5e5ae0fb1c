"""The trainer's pages that bring questions into a bank and take them out."""

import json
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.models import Locale
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from academy.competencies.models import Competency
from academy.core.errors import AcademyError, Conflict
from academy.people.roles import TRAINER, has_role
from assessments import exporting, import_jobs, tasks
from assessments.exchange import content as contents_of
from assessments.exchange import examples, spreadsheet
from assessments.importing import OUTCOMES, Choices, plan_import, report_csv, unsaved
from assessments.item_types import ITEM_TYPE_CHOICES
from assessments.models import ImportJob, ItemBank, ItemContent
from assessments.models.bank import ItemStatus
from assessments.preview import preview_of
from cms.admin_pages import AdminPage

PAGE_SIZE = 50
JOBS_SHOWN = 20
FORMATS = [
    ("qti3", gettext_lazy("QTI 3.0: a content package, with pictures")),
    ("moodle", gettext_lazy("Moodle XML")),
    ("csv", gettext_lazy("Table (CSV), with pictures as an archive")),
]


def bank_actions(bank: ItemBank) -> SafeString:
    """In the list of banks: questions in, and questions out."""
    return format_html(
        '<a href="{}?bank={}">{}</a> · <a href="{}">{}</a>',
        reverse("exchange:index"),
        bank.pk,
        _("Import"),
        reverse("exchange:export", args=[bank.pk]),
        _("Export"),
    )


# --- Forms ----------------------------------------------------------------------------------------


class ChoicesForm(forms.Form):
    """What the person decides for the questions of a file."""

    competency = forms.ModelChoiceField(
        label=gettext_lazy("Competency of questions that name none"),
        queryset=Competency.objects.filter(is_retired=False).select_related("framework"),
        required=False,
    )
    level = forms.IntegerField(
        label=gettext_lazy("Level of questions that name none"),
        min_value=0,
        max_value=20,
        required=False,
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of questions that name none"),
        choices=settings.WAGTAIL_CONTENT_LANGUAGES,
    )
    status = forms.ChoiceField(
        label=gettext_lazy("What they become"),
        choices=[
            ("", gettext_lazy("what the file says; active where it says nothing")),
            (ItemStatus.DRAFT, gettext_lazy("drafts: nobody is asked them yet")),
            (ItemStatus.PILOT, gettext_lazy("pilot: published, and not drawn yet")),
            (ItemStatus.ACTIVE, gettext_lazy("active: drawn from now on")),
        ],
        required=False,
    )
    all_or_nothing = forms.BooleanField(
        label=gettext_lazy("All or nothing"),
        help_text=gettext_lazy("If one question is refused, nothing of the file is imported."),
        required=False,
    )

    def choices_made(self) -> Choices:
        data = self.cleaned_data
        return Choices(
            language=data["language"],
            competency=data["competency"].ref if data["competency"] else "",
            level=data["level"],
            status=data["status"],
            all_or_nothing=data["all_or_nothing"],
        )


class UploadForm(ChoicesForm):
    bank = forms.ModelChoiceField(
        label=gettext_lazy("Item bank"), queryset=ItemBank.objects.order_by("code")
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "A table (CSV, XLSX), GIFT, Aiken, Moodle XML, or QTI 2.1, 2.2 or 3.0: an item or a "
            "content package."
        ),
    )
    status = None
    all_or_nothing = None
    field_order = ["bank", "file", "competency", "level", "language"]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(most)d MB.")
                % {"most": settings.IMPORT_MAX_BYTES >> 20}
            )
        return file

    def choices_made(self) -> Choices:
        self.cleaned_data |= {"status": "", "all_or_nothing": False}
        return super().choices_made()


# --- Import ---------------------------------------------------------------------------------------


class ExchangeView(AdminPage):
    """A page of ours below the list of imports."""

    header_icon = "upload"
    parents = ((reverse_lazy("exchange:index"), gettext_lazy("Import questions")),)

    def jobs(self):
        return ImportJob.objects.filter(owner=self.request.user).select_related("bank")


def start(job: ImportJob) -> None:
    """Do at once what is small; the rest is a worker's."""
    if import_jobs.is_small(job):
        import_jobs.run(job.pk)
    else:
        tasks.run_import.delay_on_commit(job.pk)


class IndexView(ExchangeView):
    """Upload a file; what oneself uploaded lately."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/exchange_index.html"
    page_title = gettext_lazy("Import questions")
    parents = ()

    def get(self, request: HttpRequest) -> HttpResponse:
        bank = request.GET.get("bank", "")
        initial = {"bank": bank} if bank.isdecimal() and len(bank) < 18 else {}
        return self._show(UploadForm(initial={**initial, "language": get_language()}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._show(form, 400)
        file = form.cleaned_data["file"]
        try:
            job = import_jobs.receive(
                owner=request.user,
                bank=form.cleaned_data["bank"],
                name=file.name,
                data=file.read(),
                language=get_language() or "en",
                choices=form.choices_made(),
            )
        except AcademyError as error:
            form.add_error("file", error.message)
            return self._show(form, 400)
        start(job)
        return redirect("exchange:job", job.uuid)

    def _show(self, form: UploadForm, status: int = 200) -> HttpResponse:
        jobs = self.jobs().defer("report").order_by("-pk")[:JOBS_SHOWN]
        return self.show(status, form=form, jobs=jobs, kept=import_jobs.KEPT.days)


class JobView(ExchangeView):
    """One file: what would become of each question, then what became of it."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/exchange_job.html"

    def get_page_title(self) -> str:
        return self.job.file_name if self.job else _("Import questions")

    @cached_property
    def job(self) -> ImportJob | None:
        return self.jobs().filter(uuid=self.kwargs["uuid"]).first()

    def gone(self) -> HttpResponse:
        messages.warning(self.request, _("This upload is no longer there. Upload the file again."))
        return redirect("exchange:index")

    def get(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        if self.job is None:
            return self.gone()
        choices = dict(self.job.choices)
        choices["competency"] = Competency.objects.filter(ref=choices.get("competency")).first()
        return self._show(ChoicesForm(initial=choices))

    def post(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        if self.job is None:
            return self.gone()
        form = ChoicesForm(request.POST)
        if not form.is_valid():
            return self._show(form, 400)
        wants_import = request.POST.get("action") == "import"
        step = ImportJob.Step.IMPORT if wants_import else ImportJob.Step.READ
        if wants_import and not import_jobs.is_importable(self.job):
            messages.warning(request, _("This file is being read or has been imported already."))
            return redirect("exchange:job", uuid)
        try:
            start(import_jobs.ask(self.job, step, form.choices_made()))
        except Conflict as error:
            messages.warning(request, error.message)
        return redirect("exchange:job", uuid)

    def _show(self, form: ChoicesForm, status: int = 200) -> HttpResponse:
        job, only = self.job, self.request.GET.get("show", "")
        items = list(enumerate(job.report.get("items", [])))
        if only in OUTCOMES:
            items = [(number, item) for number, item in items if item["outcome"] == only]
        number = self.request.GET.get("page", "1")
        page = int(number) if number.isdecimal() and 0 < int(number) < 10**6 else 1
        shown = items[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        response = self.show(
            status,
            job=job,
            form=form,
            rows=[{**item, "number": place} for place, item in shown],
            outcomes=self._outcomes(only),
            only=only if only in OUTCOMES else "",
            page=page,
            has_more=len(items) > page * PAGE_SIZE,
            is_under_way=job.state in (ImportJob.State.PENDING, ImportJob.State.CLAIMED),
            is_importable=import_jobs.is_importable(job),
            kinds=dict(ITEM_TYPE_CHOICES),
        )
        if job.state in (ImportJob.State.PENDING, ImportJob.State.CLAIMED):
            response["Refresh"] = "5"
        return response

    def _outcomes(self, only: str) -> list[dict[str, Any]]:
        counts = self.job.report.get("counts", {})
        return [
            {"name": name, "count": counts.get(name, 0), "is_shown": name == only}
            for name in OUTCOMES
        ]


class QuestionView(ExchangeView):
    """A question of a file that was not imported yet, as a learner would see it."""

    http_method_names = ["get", "head", "options"]
    template_name = "assessments/item_preview.html"

    def get(self, request: HttpRequest, uuid: UUID, number: int) -> HttpResponse:
        job = get_object_or_404(self.jobs(), uuid=uuid)
        try:
            report = plan_import(
                name=job.file_name,
                data=import_jobs.file_of(job),
                bank=job.bank,
                choices=Choices.from_json(job.choices),
            )
        except (AcademyError, FileNotFoundError) as error:
            raise Http404 from error
        if number >= len(report.rows) or report.rows[number].item.is_refused:
            raise Http404
        row = report.rows[number]
        item = row.item
        asked = request.GET.get("language", "")
        language = asked if asked in item.words else item.language
        ids = contents_of.ids_of(job.bank.uuid, item, row.existing[0] if row.existing else None)
        locale = Locale.objects.get(language_code=language)
        content = unsaved(row, job.bank, language, ids, locale)
        if item.image:
            problem = _("Its picture is shown once it is imported.")
            return self.render_to_response(
                {"problem": problem, "words": {"stem": content.stem}, "request": request}
            )
        return self.render_to_response({**preview_of(content), "request": request})


def report(request: HttpRequest, uuid: UUID, form: str) -> HttpResponse:
    """The report of a file, to keep."""
    if form not in ("json", "csv"):
        raise Http404
    job = get_object_or_404(ImportJob, owner=request.user, uuid=uuid)
    if not job.report:
        raise Http404
    if form == "json":
        text, kind = json.dumps(job.report, ensure_ascii=False, indent=2), "application/json"
    else:
        text, kind = "\ufeff" + report_csv(job.report), "text/csv; charset=utf-8"
    return _file(text.encode(), kind, f"import-{job.uuid}.{form}")


def _file(data: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def template(request: HttpRequest, form: str) -> HttpResponse:
    """The table to fill in, with an example of each kind of question that there is."""
    kind = (
        "text/csv; charset=utf-8"
        if form == "csv"
        else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    data = spreadsheet.template(form, examples.examples(get_language() or "en"))
    return _file(data, kind, f"questions.{form}")


# --- Export ---------------------------------------------------------------------------------------


class ExportView(ExchangeView):
    """The formats that a bank can be taken out in, and what they cannot hold."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/exchange_export.html"
    header_icon = "download"
    parents = (
        (reverse_lazy("wagtailsnippets_assessments_itembank:list"), gettext_lazy("Item banks")),
    )

    def get_page_title(self) -> str:
        return _("Export questions")

    def get_page_subtitle(self) -> str:
        return str(self.bank)

    @cached_property
    def bank(self) -> ItemBank:
        return get_object_or_404(ItemBank, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = self.bank.contents.values("item_type").annotate(
            count=Count("translation_key", distinct=True)
        )
        kinds = {row["item_type"]: row["count"] for row in rows}
        return self.show(
            bank=self.bank,
            count=sum(kinds.values()),
            formats=[
                {"code": code, "label": label, "lacks": exporting.lacks(code, kinds)}
                for code, label in FORMATS
            ],
        )


def download(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """A bank as a file."""
    if form not in exporting.FORMATS:
        raise Http404
    bank = get_object_or_404(ItemBank, pk=pk)
    made = exporting.export(exporting.bank_keys(bank), form)
    return _file(made.data, made.content_type, f"{bank.code}.{made.ending}")


class FormatForm(forms.Form):
    form = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=FORMATS, widget=forms.RadioSelect, initial="qti3"
    )


class ExportQuestions(SnippetBulkAction):
    """The selected questions as a file."""

    models = [ItemContent]
    display_name = gettext_lazy("Export")
    action_type = "export"
    aria_label = gettext_lazy("Export the selected questions")
    template_name = "cms/admin/export_questions.html"
    action_priority = 20
    form_class = FormatForm

    def check_perm(self, question: ItemContent) -> bool:
        return has_role(self.request.user, TRAINER)

    def form_valid(self, form: FormatForm) -> HttpResponse:
        questions, _others = self.get_actionable_objects()
        made = exporting.export(
            [question.translation_key for question in questions], form.cleaned_data["form"]
        )
        return _file(made.data, made.content_type, f"questions.{made.ending}")
