"""The blocks a lesson is made of. Each has a template in `cms/blocks/` of the templates."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock

from cms.tabular import Table, read_table

TEXT_FEATURES = ["h3", "bold", "italic", "link", "document-link", "ul", "ol"]
SHORT_FEATURES = ["bold", "italic", "link", "ul", "ol"]


class HeadingBlock(blocks.CharBlock):
    class Meta:
        icon = "title"
        label = _("Heading")
        template = "cms/blocks/heading.html"


class TextBlock(blocks.RichTextBlock):
    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "cms/blocks/text.html"


class PictureBlock(blocks.StructBlock):
    """An image says in words what it shows, or that it shows nothing the text does not say."""

    image = ImageChooserBlock(label=_("Image"))
    alt = blocks.TextBlock(
        label=_("Text alternative"),
        rows=2,
        required=False,
        help_text=_("What the picture shows, for someone who cannot see it."),
    )
    decorative = blocks.BooleanBlock(
        label=_("Only decoration"), required=False, help_text=_("It adds nothing to the text.")
    )
    caption = blocks.CharBlock(label=_("Caption"), required=False)

    class Meta:
        icon = "image"
        label = _("Image")
        template = "cms/blocks/picture.html"

    def clean(self, value):
        cleaned = super().clean(value)
        if not cleaned["alt"] and not cleaned["decorative"]:
            raise StructBlockValidationError(
                {"alt": ValidationError(_("Describe the picture, or mark it as only decoration."))}
            )
        return cleaned


class CalloutBlock(blocks.StructBlock):
    kind = blocks.ChoiceBlock(
        label=_("Kind"),
        choices=[
            ("note", _("Note")),
            ("tip", _("Tip")),
            ("warning", _("Warning")),
            ("example", _("Example")),
        ],
        default="note",
    )
    title = blocks.CharBlock(label=_("Title"))
    body = blocks.RichTextBlock(label=_("Text"), features=SHORT_FEATURES)

    class Meta:
        icon = "info-circle"
        label = _("Callout")
        template = "cms/blocks/callout.html"


class AccordionItemBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"))
    body = blocks.RichTextBlock(label=_("Text"), features=TEXT_FEATURES)


class AccordionBlock(blocks.ListBlock):
    def __init__(self, **kwargs):
        super().__init__(AccordionItemBlock(label=_("Part")), **kwargs)

    class Meta:
        icon = "list-ul"
        label = _("Accordion")
        template = "cms/blocks/accordion.html"


class RowBlock(blocks.ListBlock):
    def __init__(self, **kwargs):
        super().__init__(blocks.CharBlock(required=False, label=_("Cell")), **kwargs)


class TableBlock(blocks.StructBlock):
    """A table with a caption and header cells: columns always, the first column on request."""

    caption = blocks.CharBlock(label=_("Caption"))
    header = blocks.ListBlock(blocks.CharBlock(label=_("Heading")), label=_("Column headings"))
    rows = blocks.ListBlock(RowBlock(label=_("Row")), label=_("Rows"))
    first_column_is_header = blocks.BooleanBlock(
        label=_("The first column names the row"), required=False, default=True
    )

    class Meta:
        icon = "table"
        label = _("Table")
        template = "cms/blocks/table.html"

    def clean(self, value):
        cleaned = super().clean(value)
        width = len(cleaned["header"])
        if any(len(row) != width for row in cleaned["rows"]):
            raise StructBlockValidationError(
                {
                    "rows": ValidationError(
                        _("Every row needs %(width)d cells, one for each column.")
                        % {"width": width}
                    )
                }
            )
        return cleaned


class VideoBlock(blocks.StructBlock):
    """A video is published only with captions and a transcript."""

    title = blocks.CharBlock(label=_("Title"))
    video = DocumentChooserBlock(label=_("Video file"), help_text=_("MP4 or WebM."))
    poster = ImageChooserBlock(label=_("Still picture"), required=False)
    captions = DocumentChooserBlock(label=_("Captions"), help_text=_("A WebVTT file (.vtt)."))
    transcript = blocks.RichTextBlock(label=_("Transcript"), features=TEXT_FEATURES)

    class Meta:
        icon = "media"
        label = _("Video")
        template = "cms/blocks/video.html"

    def clean(self, value):
        cleaned = super().clean(value)
        errors = {}
        if cleaned["video"].file_extension.lower() not in {"mp4", "webm"}:
            errors["video"] = ValidationError(_("Choose an MP4 or WebM file."))
        with cleaned["captions"].open_file() as captions:
            if (
                not captions.read(16)
                .decode("utf-8", "replace")
                .lstrip("\ufeff")
                .startswith("WEBVTT")
            ):
                errors["captions"] = ValidationError(
                    _("This is not a WebVTT file: its first line must be WEBVTT.")
                )
        if errors:
            raise StructBlockValidationError(errors)
        return cleaned


class DownloadBlock(blocks.StructBlock):
    document = DocumentChooserBlock(label=_("File"))
    title = blocks.CharBlock(label=_("Title"))
    description = blocks.CharBlock(label=_("Description"), required=False)

    class Meta:
        icon = "download"
        label = _("Download")
        template = "cms/blocks/download.html"


class CheckOptionBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("Text"), rows=2)
    correct = blocks.BooleanBlock(label=_("Correct"), required=False)
    feedback = blocks.TextBlock(label=_("Feedback"), rows=2)


class CheckBlock(blocks.StructBlock):
    """A knowledge check: a question with its answer and why. It counts for nothing."""

    kind = blocks.ChoiceBlock(
        label=_("Kind"),
        choices=[
            ("single", _("One answer")),
            ("multiple", _("Several answers")),
            ("numeric", _("A number")),
        ],
        default="single",
    )
    stem = blocks.RichTextBlock(label=_("Question"), features=SHORT_FEATURES)
    options = blocks.ListBlock(
        CheckOptionBlock(label=_("Option")), label=_("Options"), min_num=0, default=[]
    )
    value = blocks.DecimalBlock(label=_("Correct value"), required=False)
    tolerance = blocks.DecimalBlock(label=_("Tolerance"), required=False, min_value=0)
    unit = blocks.CharBlock(label=_("Unit"), required=False)
    explanation = blocks.RichTextBlock(label=_("Explanation"), features=SHORT_FEATURES)

    class Meta:
        icon = "help"
        label = _("Knowledge check")
        template = "cms/blocks/check.html"

    def clean(self, value):
        cleaned = super().clean(value)
        correct = sum(bool(option["correct"]) for option in cleaned["options"])
        problem, field = None, "options"
        if cleaned["kind"] == "numeric":
            if cleaned["value"] is None:
                problem, field = _("Give the correct value."), "value"
        elif len(cleaned["options"]) < 2:
            problem = _("Give at least two options.")
        elif cleaned["kind"] == "single" and correct != 1:
            problem = _("Mark exactly one option as correct.")
        elif correct == 0:
            problem = _("Mark at least one option as correct.")
        if problem:
            raise StructBlockValidationError({field: ValidationError(problem)})
        return cleaned


class DataExerciseBlock(blocks.StructBlock):
    """A small CSV file, shown as a table and a chart, with a question on it."""

    title = blocks.CharBlock(label=_("Title"))
    intro = blocks.RichTextBlock(label=_("Introduction"), features=SHORT_FEATURES)
    data = DocumentChooserBlock(label=_("CSV file"))
    chart = blocks.ChoiceBlock(
        label=_("Chart"), choices=[("bar", _("Bars")), ("line", _("Line"))], default="bar"
    )
    label_column = blocks.CharBlock(label=_("Column of labels"))
    value_column = blocks.CharBlock(label=_("Column of values"))
    question = CheckBlock(label=_("Question"))

    class Meta:
        icon = "table"
        label = _("Data exercise")
        template = "cms/blocks/data_exercise.html"

    def clean(self, value):
        cleaned = super().clean(value)
        try:
            table = read_table(cleaned["data"])
            table.series(cleaned["label_column"], cleaned["value_column"])
        except ValueError as error:
            raise StructBlockValidationError({"data": ValidationError(str(error))}) from error
        return cleaned

    def get_context(self, value, parent_context=None):
        """A file that was deleted or is no table any more leaves the question without its data."""
        context = super().get_context(value, parent_context)
        table, series = Table([], []), []
        if value["data"] is not None:
            try:
                table = read_table(value["data"])
                series = table.series(value["label_column"], value["value_column"])
            except (ValueError, OSError):
                table, series = Table([], []), []
        return {**context, "table": table, "series": series}


class SourceBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Title"))
    url = blocks.URLBlock(label=_("Address"))
    date = blocks.CharBlock(label=_("Date"), help_text=_("When it was published or consulted."))


class SourcesBlock(blocks.ListBlock):
    def __init__(self, **kwargs):
        super().__init__(SourceBlock(label=_("Source")), **kwargs)

    class Meta:
        icon = "openquote"
        label = _("Sources")
        template = "cms/blocks/sources.html"


class LessonBody(blocks.StreamBlock):
    """What a lesson may hold."""

    heading = HeadingBlock()
    text = TextBlock(features=TEXT_FEATURES)
    image = PictureBlock()
    callout = CalloutBlock()
    accordion = AccordionBlock()
    table = TableBlock()
    video = VideoBlock()
    download = DownloadBlock()
    check = CheckBlock()
    data_exercise = DataExerciseBlock()
    sources = SourcesBlock()
