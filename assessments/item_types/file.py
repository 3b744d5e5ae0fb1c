"""A file task: one or more files, with a note, marked by people with a rubric."""

from django.conf import settings
from django.utils.translation import gettext_lazy

from assessments.item_types.marked import Marked

MEGABYTE = 1024 * 1024
#: By the ending of their name; `assessments.files` looks whether the content agrees.
KINDS = (
    "pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "txt", "csv", "md", "png", "jpg",
)  # fmt: skip


class FileTask(Marked):
    """The form sends `answer` (the uuids of files to keep), `text`, and new files as `files`, which
    `assessments.files` takes in before the answer is saved."""

    code = "file"
    label = gettext_lazy("file task, marked by people")
    interaction = "other"
    takes_files = True
    control = "files"

    def context(self, asked):
        kept = set((asked.answer or {}).get("files", []))
        return {
            **super().context(asked),
            "files": [{**one, "kept": one["uuid"] in kept} for one in asked.files],
            "file_kinds": ", ".join(KINDS),
            "file_accept": ",".join(f".{kind}" for kind in (*KINDS, "jpeg")),
            "file_count": settings.ANSWER_FILES,
            "file_most": settings.ANSWER_FILE_MB * MEGABYTE,
        }

    def parse(self, data, asked):
        own = {one["uuid"] for one in asked.files}
        files = [one for one in dict.fromkeys(data.getlist("answer")) if one in own]
        text = self.parse_text(data, "text")
        return {"files": files, "text": text} if files or text else None

    def pattern(self, value):
        return "[,]".join((value or {}).get("files", []))

    def explain(self, asked, *, whole):
        kept = set((asked.answer or {}).get("files", []))
        return {
            **super().explain(asked, whole=whole),
            "files": [one for one in asked.files if one["uuid"] in kept],
        }


TYPE = FileTask()
