"""Shapes the chart components want."""

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.simple_tag
def bar_items(series) -> list[dict]:
    """(label, value) pairs as the items of `components/bar_chart.html`."""
    return [
        {"label": label, "value": float(value), "text": number_format(value.normalize())}
        for label, value in series
    ]


@register.simple_tag
def line_parts(series, name: str) -> dict:
    """(label, value) pairs as the labels and the one series of `components/line_chart.html`."""
    return {
        "labels": [label for label, _value in series],
        "series": [{"label": name, "values": [float(value) for _label, value in series]}],
    }
