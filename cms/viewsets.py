"""How banks, questions and assessments are listed and edited."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from assessments.models import Assessment, ItemBank, ItemContent


class ItemBankViewSet(SnippetViewSet):
    model = ItemBank
    icon = "folder-open-inverse"
    menu_label = _("Item banks")
    menu_order = 100
    list_display = ["title", "code", "is_calibrated"]
    search_fields = ["code", "title"]
    panels = [FieldPanel("title"), FieldPanel("code"), FieldPanel("is_calibrated")]


class ItemContentViewSet(SnippetViewSet):
    model = ItemContent
    icon = "help"
    menu_label = _("Questions")
    menu_order = 200
    list_display = [
        "code",
        Column("stem_text", label=_("Question"), accessor=lambda content: content.stem_text),
        "bank",
        "item_type",
        "level",
        "status",
        "live",
    ]
    list_filter = ["bank", "competency", "level", "item_type", "status", "live"]
    list_per_page = 50
    copy_view_enabled = True
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("bank"),
                FieldRowPanel([FieldPanel("competency"), FieldPanel("level")]),
                FieldRowPanel([FieldPanel("item_type"), FieldPanel("difficulty")]),
                FieldRowPanel([FieldPanel("code"), FieldPanel("status")]),
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
    ]


class AssessmentViewSet(SnippetViewSet):
    model = Assessment
    icon = "clipboard-list"
    menu_label = _("Assessments")
    menu_order = 300
    list_display = ["title", "code", "kind", "is_open", "cut_score"]
    list_filter = ["kind", "is_open"]
    search_fields = ["code", "title"]
    panels = [
        FieldPanel("title"),
        FieldRowPanel([FieldPanel("code"), FieldPanel("kind")]),
        FieldPanel("instructions"),
        InlinePanel(
            "sections",
            heading=_("Where the questions come from"),
            label=_("section"),
            min_num=1,
            panels=[
                FieldPanel("bank"),
                FieldRowPanel([FieldPanel("competency"), FieldPanel("count")]),
            ],
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("cut_score"), FieldPanel("time_limit_minutes")]),
                FieldRowPanel([FieldPanel("max_attempts"), FieldPanel("cooldown_hours")]),
                FieldRowPanel([FieldPanel("shows_explanations"), FieldPanel("is_open")]),
            ],
            heading=_("Rules"),
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("min_items"), FieldPanel("max_items")])],
            heading=_("Placement"),
            classname="collapsed",
        ),
    ]


class AssessmentDesk(SnippetViewSetGroup):
    items = (ItemBankViewSet, ItemContentViewSet, AssessmentViewSet)
    menu_label = _("Assessments")
    menu_icon = "clipboard-list"
    menu_order = 210
