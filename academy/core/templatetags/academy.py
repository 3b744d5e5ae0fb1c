"""Template tags and filters available everywhere."""

from django import template

register = template.Library()
