"""What kinds of question need of a content as its author writes it."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language


def named(words: str) -> SafeString:
    """Words of the page among those of a question, which may be in another language."""
    return format_html('<span lang="{}">{}</span>', get_language(), words)


def blocks_of(content, kind: str) -> list:
    return [block for block in content.options if block.block_type == kind]


def source_of(content):
    """The content in the language that the question was first written in, by whose names its parts
    refer to each other; itself where it is that, or not kept yet."""
    if getattr(content, "pk", None) is None:
        return content
    alike = type(content)._default_manager.filter(translation_key=content.translation_key)
    first = alike.order_by("pk").first()
    return content if first is None or first.pk == content.pk else first
