"""How questions, banks, assessments, positions and profiles are listed and edited."""

from django.conf import settings
from django.contrib.admin.utils import quote
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    MultipleChooserPanel,
    ObjectList,
)
from wagtail.admin.ui.menus import MenuItem
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.widgets.button import Button, ButtonWithDropdown
from wagtail.models import Locale
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction
from wagtail.snippets.views.chooser import (
    ChooseResultsView,
    ChooseView,
    SnippetChooserViewSet,
)
from wagtail.snippets.views.snippets import (
    CopyView,
    CreateView,
    IndexView,
    SnippetViewSet,
    SnippetViewSetGroup,
)
from wagtail_localize.models import Translation, TranslationSource

from academy.competencies.models import Profile
from academy.people.models import Position
from assessments.item_types.marked import rubric_problem
from assessments.models import Assessment, ItemBank, ItemContent, Rubric, Section
from assessments.models.bank import ItemStatus
from assessments.rubrics import safe_to_fail
from cms.arranging import BarrierColumn, BarrierPanel
from cms.builder import OutlinePanel
from cms.exchange import bank_actions
from cms.questions import BarriersColumn, QuestionFilterSet, QuestionForm
from cms.regrades import VersionsPanel
from cms.trainers import pages_about_assessments

# --- Questions ------------------------------------------------------------------------------------


class QuestionCopyView(CopyView):
    """A copy is another question: it gets a number of its own."""

    def get_initial_form_instance(self):
        question = super().get_initial_form_instance()
        question.code = ""
        return question


class QuestionIndexView(IndexView):
    """Its buttons ask nothing of the database: Wagtail-localize's own ask twice for each row."""

    def get_list_buttons(self, question: ItemContent) -> list[ButtonWithDropdown]:
        buttons = [
            Button.from_menu_item(item) if isinstance(item, MenuItem) else item
            for item in self.get_list_more_buttons(question)
        ]
        if question.synced_source and self.request.user.has_perm(
            "wagtail_localize.submit_translation"
        ):
            buttons.append(
                Button(
                    gettext("Sync translations"),
                    reverse("wagtail_localize:update_translations", args=[question.synced_source]),
                    icon_name="resubmit",
                    priority=106,
                )
            )
        words = gettext("More options for “%(title)s”") % {"title": question}
        return [
            ButtonWithDropdown(
                buttons=buttons, icon_name="dots-horizontal", attrs={"aria-label": words}
            )
        ]


class LanguagesColumn(Column):
    """Each language of the site: live, draft or missing, and the way to change that."""

    def __init__(self, **kwargs):
        super().__init__("languages", label=_("Languages"), **kwargs)

    def get_value(self, question: ItemContent) -> SafeString:
        return format_html_join(
            " ",
            '<a class="w-status{}" href="{}" title="{}">{}</a>',
            (self._tag(question, code, name) for code, name in settings.WAGTAIL_CONTENT_LANGUAGES),
        )

    def _tag(self, question: ItemContent, code: str, name: str) -> tuple[str, str, str, str]:
        pk, is_live = getattr(question, f"pk_{code}"), getattr(question, f"live_{code}")
        if pk is None:
            url = reverse(
                "wagtail_localize:submit_snippet_translation",
                args=["assessments", "itemcontent", quote(question.pk)],
            )
            words = gettext("Translate into %(language)s") % {"language": name}
            return " desk-missing", url, words, f"+ {code.upper()}"
        url = reverse("wagtailsnippets_assessments_itemcontent:edit", args=[quote(pk)])
        if is_live:
            words = gettext("Live in %(language)s") % {"language": name}
            return " w-status--primary", url, words, code.upper()
        words = gettext("A draft in %(language)s") % {"language": name}
        return "", url, words, gettext("%(language)s · draft") % {"language": code.upper()}


def questions_in_source_language() -> QuerySet[ItemContent]:
    """One row a question, as first written, with the state of each language beside it."""
    translations = ItemContent.objects.filter(translation_key=OuterRef("translation_key"))
    states = {}
    for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES:
        translation = translations.filter(locale__language_code=code)
        states[f"pk_{code}"] = Subquery(translation.values("pk")[:1])
        states[f"live_{code}"] = Subquery(translation.values("live")[:1])
    synced = TranslationSource.objects.filter(
        object_id=OuterRef("translation_key"),
        locale=OuterRef("locale"),
        translations__enabled=True,
    )
    return (
        ItemContent.objects.filter(~Exists(translations.filter(pk__lt=OuterRef("pk"))))
        .select_related("bank", "competency")
        .annotate(**states, synced_source=Subquery(synced.values("pk")[:1]))
    )


class TranslateQuestions(SnippetBulkAction):
    """Begin the translation of many questions; they are drafts until somebody publishes them."""

    models = [ItemContent]
    display_name = _("Translate")
    action_type = "translate"
    aria_label = _("Translate the selected questions")
    template_name = "cms/admin/translate_questions.html"
    action_priority = 10

    def check_perm(self, question: ItemContent) -> bool:
        return self.request.user.has_perm("wagtail_localize.submit_translation")

    @classmethod
    def execute_action(cls, objects, user=None, **kwargs) -> tuple[int, int]:
        begun = 0
        for question in objects:
            done = question.get_translations(inclusive=True).values("locale")
            missing = Locale.objects.exclude(pk__in=done)
            source, _created = TranslationSource.get_or_create_from_instance(question)
            for locale in missing:
                translation, _created = Translation.objects.update_or_create(
                    source=source, target_locale=locale, defaults={"enabled": True}
                )
                translation.save_target(user=user, publish=False)
                begun += 1
        return begun, 0

    def get_execution_context(self) -> dict:
        return {**super().get_execution_context(), "user": self.request.user}

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        return ngettext(
            "%(count)d translation begun. It is a draft until you publish it.",
            "%(count)d translations begun. They are drafts until you publish them.",
            num_parent_objects,
        ) % {"count": num_parent_objects}


class ItemContentViewSet(SnippetViewSet):
    model = ItemContent
    icon = "help"
    menu_label = _("Questions")
    menu_order = 100
    list_display = [
        "stem_text",
        "code",
        "bank",
        "item_type",
        Column("competency", label=_("Competency"), accessor="competency.title"),
        "level",
        "status",
        BarriersColumn(),
        LanguagesColumn(),
    ]
    filterset_class = QuestionFilterSet
    list_per_page = 50
    search_backend_name = None
    search_fields = ["code", "stem"]
    copy_view_enabled = True
    copy_view_class = QuestionCopyView
    index_view_class = QuestionIndexView

    def get_queryset(self, request: HttpRequest) -> QuerySet[ItemContent]:
        return questions_in_source_language()

    @cached_property
    def edit_handler(self):
        return ObjectList(
            [
                MultiFieldPanel(
                    [
                        FieldPanel("bank"),
                        FieldPanel("competency"),
                        FieldRowPanel(
                            [
                                FieldPanel("level", help_text=_("As its framework numbers them.")),
                                FieldPanel("item_type"),
                            ]
                        ),
                    ],
                    heading=_("What it measures"),
                ),
                FieldPanel("stem"),
                MultiFieldPanel(
                    [
                        FieldRowPanel(
                            [
                                FieldPanel("numeric_value"),
                                FieldPanel("numeric_tolerance"),
                                FieldPanel("unit"),
                            ]
                        )
                    ],
                    heading=_("The number"),
                ),
                MultiFieldPanel(
                    [FieldPanel("image"), FieldPanel("image_alt")], heading=_("The picture")
                ),
                FieldPanel("options", heading=_("Parts of the question")),
                FieldPanel("scoring"),
                MultiFieldPanel(
                    [FieldRowPanel([FieldPanel("rubric"), FieldPanel("word_limit")])],
                    heading=_("The rubric, for a question that people mark"),
                ),
                FieldPanel("explanation"),
                FieldPanel("lesson"),
                MultiFieldPanel(
                    [FieldPanel("barriers"), FieldPanel("access_note")],
                    heading=_("Who can answer it"),
                ),
                MultiFieldPanel(
                    [
                        FieldRowPanel(
                            [
                                FieldPanel(
                                    "status",
                                    help_text=_(
                                        "Active questions are drawn and count. A pilot may be "
                                        "asked to learn how it works, and never counts. Drafts "
                                        "and retired ones are not asked."
                                    ),
                                ),
                                FieldPanel("difficulty"),
                            ]
                        ),
                        FieldPanel("code"),
                    ],
                    heading=_("In the bank"),
                ),
                VersionsPanel(heading=_("Versions that were asked"), classname="collapsed"),
            ],
            base_form_class=QuestionForm,
        )


# --- Banks ----------------------------------------------------------------------------------------


def bank_questions(bank: ItemBank) -> SafeString:
    """How many questions a bank can give, leading to them."""
    url = reverse("wagtailsnippets_assessments_itemcontent:list")
    return format_html('<a href="{}?bank={}">{}</a>', url, bank.pk, bank.active_items)


class ItemBankViewSet(SnippetViewSet):
    model = ItemBank
    icon = "folder-open-inverse"
    menu_label = _("Item banks")
    menu_order = 200
    list_display = [
        "title",
        "code",
        Column("active_items", label=_("Active questions"), accessor=bank_questions),
        BooleanColumn("is_calibrated", label=_("Calibrated")),
        BarrierColumn(),
        Column("exchange", label=_("Exchange"), accessor=bank_actions),
    ]
    search_fields = ["code", "title"]
    panels = [
        FieldPanel("title", heading=_("Title")),
        FieldPanel(
            "code",
            help_text=_(
                "A short name without spaces, such as “open-data”. Questions are numbered by it: "
                "open-data-001."
            ),
        ),
        FieldPanel("is_calibrated"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ItemBank]:
        active = Q(items__status=ItemStatus.ACTIVE, items__current_version__isnull=False)
        return ItemBank.objects.annotate(active_items=Count("items", filter=active)).order_by(
            "code"
        )


# --- Assessments ----------------------------------------------------------------------------------


def module_of(assessment: Assessment) -> str:
    """The module that the assessment proves, if it has one yet."""
    return str(getattr(assessment, "module", ""))


class FinalsOnly:
    """A module chooses among final assessments, and sees which of them are taken."""

    def get_object_list(self) -> QuerySet[Assessment]:
        finals = super().get_object_list().filter(kind=Assessment.Kind.FINAL)
        return finals.select_related("module")

    @property
    def columns(self) -> list[Column]:
        return [
            *super().columns,
            Column("module", label=_("Proves already"), accessor=module_of),
        ]


class FinalChooseView(FinalsOnly, ChooseView):
    pass


class FinalChooseResultsView(FinalsOnly, ChooseResultsView):
    pass


class FinalChooserViewSet(SnippetChooserViewSet):
    choose_view_class = FinalChooseView
    choose_results_view_class = FinalChooseResultsView


class AssessmentForm(WagtailAdminModelForm):
    """What the fields of an assessment ask of each other, and of its sections."""

    def clean(self):
        cleaned = super().clean()
        opens, closes = cleaned.get("opens_at"), cleaned.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("It closes before it opens."))
        other = cleaned.get("alternative")
        if other is not None and (other.pk == self.instance.pk or other.alternative_id):
            self.add_error(
                "alternative",
                _("Choose another assessment, one without an alternative of its own."),
            )
        sections = self.formsets.get("sections")
        if sections is not None:
            sections.is_valid()
            for form in sections.forms:
                fields = getattr(form, "cleaned_data", {})
                if fields and not fields.get("DELETE"):
                    self._check_section(form, fields, cleaned.get("kind"))
        return cleaned

    def _check_section(self, form, fields: dict, kind: str | None) -> None:
        """A placement measures competencies; a rule needs what it draws by."""
        rule = fields.get("rule")
        if kind == Assessment.Kind.PLACEMENT:
            if fields.get("competency") is None:
                form.add_error("competency", _("A section of a placement needs a competency."))
        elif rule == Section.Rule.FIXED:
            items = form.formsets["items"]
            items.is_valid()
            chosen = [
                one
                for one in items.forms
                if getattr(one, "cleaned_data", {}).get("item")
                and not one.cleaned_data.get("DELETE")
            ]
            if not chosen:
                form.add_error("rule", _("Choose the fixed questions of this section."))
        elif rule == Section.Rule.ADAPTIVE:
            if not fields.get("count"):
                form.add_error("count", _("Say how many questions it may ask at most."))
            if fields.get("pilot_count"):
                form.add_error("pilot_count", _("An adaptive section has no questions on trial."))


class AssessmentViewSet(SnippetViewSet):
    model = Assessment
    icon = "clipboard-list"
    menu_label = _("Assessments")
    menu_order = 300
    list_display = [
        "title",
        "code",
        "kind",
        Column("module", label=_("Module"), accessor=module_of),
        "cut_score",
        BooleanColumn("is_open", label=_("Open")),
    ]
    list_filter = ["kind", "is_open"]
    chooser_viewset_class = FinalChooserViewSet
    search_fields = ["code", "title"]
    panels = [
        FieldPanel("title", heading=_("Title")),
        FieldRowPanel(
            [
                FieldPanel("code", help_text=_("A short name without spaces.")),
                FieldPanel("kind"),
            ]
        ),
        FieldPanel(
            "instructions",
            heading=_("Instructions"),
            help_text=_("Shown before it begins, with the time limit and what is needed to pass."),
        ),
        InlinePanel(
            "sections",
            heading=_("Where the questions come from"),
            label=_("Section"),
            help_text=_(
                "A section draws at random, asks fixed questions in their order, or adapts to the "
                "answers. Adaptive sections are asked last, one question at a time."
            ),
            min_num=1,
            panels=[
                FieldPanel("rule"),
                FieldPanel("bank", heading=_("Bank")),
                FieldRowPanel(
                    [
                        FieldPanel("competency", heading=_("Only of this competency")),
                        FieldPanel("level", heading=_("Only of this level")),
                    ]
                ),
                FieldRowPanel([FieldPanel("count"), FieldPanel("pilot_count")]),
                FieldRowPanel(
                    [
                        FieldPanel("title", heading=_("Title of the section")),
                        FieldPanel("cut_score"),
                    ]
                ),
                MultipleChooserPanel(
                    "items",
                    chooser_field_name="item",
                    heading=_("Fixed questions"),
                    label=_("Fixed question"),
                    panels=[FieldPanel("item", heading=_("Question"))],
                ),
            ],
        ),
        OutlinePanel(heading=_("What the sections draw")),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("cut_score"), FieldPanel("feedback")]),
                FieldRowPanel([FieldPanel("max_attempts"), FieldPanel("cooldown_hours")]),
                FieldRowPanel([FieldPanel("navigation"), FieldPanel("shuffles_items")]),
            ],
            heading=_("Rules"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("is_open"), FieldPanel("time_limit_minutes")]),
                FieldRowPanel([FieldPanel("opens_at"), FieldPanel("closes_at")]),
                FieldRowPanel([FieldPanel("pause_minutes"), FieldPanel("alternative")]),
            ],
            heading=_("When, and for how long"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("marking"), FieldPanel("marking_days")]),
                FieldPanel("adjudicates_from"),
            ],
            heading=_("When people mark answers"),
            classname="collapsed",
        ),
        MultiFieldPanel(
            [FieldPanel("browser_keys")],
            heading=_("In which browser"),
            classname="collapsed",
        ),
        BarrierPanel(heading=_("For everybody")),
        MultiFieldPanel(
            [FieldPanel("pause_minutes"), FieldPanel("alternative"), FieldPanel("browser_keys")],
            heading=_("Running it"),
            classname="collapsed",
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("marking"), FieldPanel("marking_days")]),
                FieldPanel("adjudicates_from"),
            ],
            heading=_("For questions that people mark"),
            classname="collapsed",
        ),
        MultiFieldPanel(
            [
                HelpPanel(
                    content=_("A placement stops between these numbers. A final ignores them.")
                ),
                FieldRowPanel([FieldPanel("min_items"), FieldPanel("max_items")]),
                FieldRowPanel([FieldPanel("exposure_target"), FieldPanel("spot_check_share")]),
                FieldPanel("review_days"),
            ],
            heading=_("For a placement"),
            classname="collapsed",
        ),
    ]

    @cached_property
    def edit_handler(self):
        return ObjectList(self.panels, base_form_class=AssessmentForm)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assessment]:
        return Assessment.objects.select_related("module")


# --- Rubrics --------------------------------------------------------------------------------------


class RubricForm(WagtailAdminModelForm):
    """A rubric that nobody could mark by is not kept."""

    def is_valid(self):
        if not super().is_valid():
            return False
        problem = rubric_problem(self.save(commit=False))
        if problem:
            self.add_error(None, problem)
        return not problem


class RubricIndexView(IndexView):
    """Beside an empty rubric, one that begins with the criteria of a safe-to-fail trial."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        if self.add_url:
            buttons.append(
                Button(
                    gettext("Add a safe-to-fail rubric"),
                    f"{self.add_url}?kind={Rubric.Kind.SAFE_TO_FAIL}",
                    icon_name="plus-inverse",
                )
            )
        return buttons


class RubricCreateView(CreateView):
    def get_initial_form_instance(self):
        rubric = super().get_initial_form_instance() or Rubric()
        is_trial = self.request.GET.get("kind") == Rubric.Kind.SAFE_TO_FAIL
        return safe_to_fail(rubric) if is_trial else rubric


class RubricViewSet(SnippetViewSet):
    model = Rubric
    icon = "list-ul"
    menu_label = _("Rubrics")
    menu_order = 250
    list_display = ["title", "code", "kind"]
    list_filter = ["kind"]
    search_fields = ["code", "title"]
    copy_view_enabled = False
    index_view_class = RubricIndexView
    add_view_class = RubricCreateView

    @cached_property
    def edit_handler(self):
        levels = InlinePanel(
            "levels",
            heading=_("Levels, from the lowest"),
            label=_("Level"),
            panels=[
                FieldRowPanel([FieldPanel("title", heading=_("Title")), FieldPanel("points")]),
                FieldPanel("description"),
            ],
        )
        return ObjectList(
            [
                FieldPanel("title", heading=_("Title")),
                FieldRowPanel(
                    [
                        FieldPanel("code", help_text=_("A short name without spaces.")),
                        FieldPanel("kind"),
                    ]
                ),
                InlinePanel(
                    "criteria",
                    heading=_("Criteria"),
                    label=_("Criterion"),
                    help_text=_(
                        "Changing a rubric never changes how an answer that was handed in is marked."
                    ),
                    min_num=1,
                    panels=[
                        FieldPanel("title", heading=_("Title")),
                        FieldPanel("description"),
                        FieldPanel("is_scored"),
                        levels,
                    ],
                ),
            ],
            base_form_class=RubricForm,
        )


class AssessmentDesk(SnippetViewSetGroup):
    items = (ItemContentViewSet, ItemBankViewSet, RubricViewSet, AssessmentViewSet)
    menu_label = _("Assessments")
    menu_icon = "clipboard-list"
    menu_order = 210

    def get_submenu_items(self) -> list:
        return [*super().get_submenu_items(), *pages_about_assessments()]


# --- Organisation ---------------------------------------------------------------------------------


class PositionViewSet(SnippetViewSet):
    model = Position
    icon = "user"
    menu_label = _("Positions")
    menu_order = 100
    list_display = ["title", "code"]
    search_fields = ["code", "title"]
    panels = [
        FieldPanel("title", heading=_("Title")),
        FieldPanel("code", help_text=_("A short name without spaces.")),
    ]


class ProfileViewSet(SnippetViewSet):
    model = Profile
    icon = "clipboard-list"
    menu_label = _("Profiles")
    menu_order = 200
    list_display = [
        Column("profile", label=_("Position"), accessor=str),
        "due_days",
    ]

    panels = [
        FieldPanel(
            "position",
            heading=_("Position"),
            help_text=_("Left empty, this is the baseline, asked of everyone."),
        ),
        FieldPanel("due_days"),
        InlinePanel(
            "entries",
            heading=_("What it asks for"),
            label=_("Competency"),
            panels=[
                FieldRowPanel(
                    [
                        FieldPanel("competency", heading=_("Competency")),
                        FieldPanel("level", help_text=_("As its framework numbers them.")),
                    ]
                )
            ],
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Profile]:
        return Profile.objects.select_related("position").order_by("position__code")


class OrganisationDesk(SnippetViewSetGroup):
    items = (PositionViewSet, ProfileViewSet)
    menu_label = _("Organisation")
    menu_icon = "group"
    menu_order = 220
