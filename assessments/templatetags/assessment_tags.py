"""Words for what an item holds."""

from decimal import Decimal, InvalidOperation

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

register = template.Library()


@register.filter
def plain_number(value) -> str:
    """A decimal as people write it in the active language: "7E+2" is 700, "0.50" is 0.5.

    An answer that is no number is given back as it is.
    """
    try:
        number = Decimal(str(value)).normalize()
    except InvalidOperation:
        return str(value)
    return number_format(number) if number.is_finite() else str(value)


@register.filter
def with_unit(number: str, unit: str) -> str:
    """A number and its unit as the active language writes them: "12.5%", "12,5 %", "12 days"."""
    if unit == "%":
        return gettext("%(number)s%%") % {"number": number}
    return f"{number} {unit}".rstrip()


@register.filter
def points(number) -> str:
    """Points in words: "1 point", "0.5 points"."""
    words = ngettext("%(number)s point", "%(number)s points", 1 if number == 1 else 2)
    return words % {"number": plain_number(number)}
