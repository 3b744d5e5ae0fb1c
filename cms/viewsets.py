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
    IndexView,
    SnippetViewSet,
    SnippetViewSetGroup,
)
from wagtail_localize.models import Translation, TranslationSource

from academy.competencies.models import Profile
from academy.people.models import Position
from assessments.models import Assessment, ItemBank, ItemContent
from assessments.models.bank import ItemStatus
from cms.exchange import bank_actions

# --- Questions ------------------------------------------------------------------------------------


class QuestionForm(WagtailAdminModelForm):
    """A draft may be unfinished; what is published may not."""

    def _post_clean(self):
        self.instance.is_unfinished = self.is_deferred_validation
        super()._post_clean()


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
        LanguagesColumn(),
    ]
    list_filter = ["bank", "item_type", "level", "status", "live", "competency"]
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
                FieldPanel("options"),
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
                    heading=_("The number, for a numeric question"),
                ),
                FieldPanel("explanation"),
                MultiFieldPanel(
                    [
                        FieldRowPanel(
                            [
                                FieldPanel(
                                    "status", help_text=_("Only active questions are drawn.")
                                ),
                                FieldPanel("difficulty"),
                            ]
                        ),
                        FieldPanel("code"),
                    ],
                    heading=_("In the bank"),
                ),
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
    """A placement measures competencies: each of its sections names one."""

    def clean(self):
        cleaned = super().clean()
        sections = self.formsets.get("sections")
        if cleaned.get("kind") != Assessment.Kind.PLACEMENT or sections is None:
            return cleaned
        sections.is_valid()
        for form in sections.forms:
            fields = getattr(form, "cleaned_data", {})
            if fields and not fields.get("DELETE") and fields.get("competency") is None:
                form.add_error("competency", _("A section of a placement needs a competency."))
        return cleaned


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
            help_text=_("Each section draws its questions at random from one bank."),
            min_num=1,
            panels=[
                FieldPanel("bank", heading=_("Bank")),
                FieldPanel("count"),
                FieldPanel("competency", heading=_("Only of this competency")),
            ],
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("cut_score"), FieldPanel("time_limit_minutes")]),
                FieldRowPanel([FieldPanel("max_attempts"), FieldPanel("cooldown_hours")]),
                FieldRowPanel([FieldPanel("feedback"), FieldPanel("is_open")]),
            ],
            heading=_("Rules"),
        ),
        MultiFieldPanel(
            [
                HelpPanel(
                    content=_("A placement stops between these numbers. A final ignores them.")
                ),
                FieldRowPanel([FieldPanel("min_items"), FieldPanel("max_items")]),
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


class AssessmentDesk(SnippetViewSetGroup):
    items = (ItemContentViewSet, ItemBankViewSet, AssessmentViewSet)
    menu_label = _("Assessments")
    menu_icon = "clipboard-list"
    menu_order = 210


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
