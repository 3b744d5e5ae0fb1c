"""The printed words, complete in English and French.

The caller may give its own (any language); they are frozen with the context, so a certificate
printed again from its context says what it said. Dates are put together from these words too: no
locale data of the machine is used.
"""

from __future__ import annotations

from datetime import date

LABELS: dict[str, dict[str, str]] = {
    "en": {
        "certificate": "Certificate of achievement",
        "certifies": "This certifies that",
        "achieved": "has successfully completed",
        "modules": "Modules completed",
        "competencies": "Competencies demonstrated",
        "hours": "Learning time",
        "issued_on": "Issued",
        "expires_on": "Valid until",
        "code": "Verification code",
        "document_title": "{certificate}: {title} – {name}",
        "qr_alt": "QR code that opens the verification page, {url}",
        "logo_alt": "Emblem of {issuer}: a sun rising over the horizon",
        "link_alt": "Verification page of certificate {code}",
        "date": "{day} {month} {year}",
        "first_day": "1",
        "month_1": "January",
        "month_2": "February",
        "month_3": "March",
        "month_4": "April",
        "month_5": "May",
        "month_6": "June",
        "month_7": "July",
        "month_8": "August",
        "month_9": "September",
        "month_10": "October",
        "month_11": "November",
        "month_12": "December",
    },
    "fr": {
        "certificate": "Certificat de réussite",
        "certifies": "Nous certifions que",
        "achieved": "a suivi et réussi",
        "modules": "Modules réussis",
        "competencies": "Compétences démontrées",
        "hours": "Durée de formation",
        "issued_on": "Délivré le",
        "expires_on": "Valable jusqu’au",
        "code": "Code de vérification",
        "document_title": "{certificate} : {title} – {name}",
        "qr_alt": "Code QR qui ouvre la page de vérification, {url}",
        "logo_alt": "Emblème de {issuer} : un soleil se lève sur l’horizon",
        "link_alt": "Page de vérification du certificat {code}",
        "date": "{day} {month} {year}",
        "first_day": "1er",
        "month_1": "janvier",
        "month_2": "février",
        "month_3": "mars",
        "month_4": "avril",
        "month_5": "mai",
        "month_6": "juin",
        "month_7": "juillet",
        "month_8": "août",
        "month_9": "septembre",
        "month_10": "octobre",
        "month_11": "novembre",
        "month_12": "décembre",
    },
}


def complete_labels(language: str, given: dict[str, str]) -> dict[str, str]:
    """`given` over the shipped words of the language ("fr-CA" takes "fr").

    Raises ValueError naming the missing words when neither has them: a certificate is never half
    translated.
    """
    words = {**LABELS.get(language.split("-")[0].lower(), {}), **given}
    missing = sorted(LABELS["en"].keys() - words.keys())
    if missing:
        raise ValueError(f"No words in {language!r} for: {', '.join(missing)}")
    return words


def format_date(iso: str, labels: dict[str, str]) -> str:
    """An ISO 8601 date as printed, such as "24 November 2026" or "1er mars 2027". Raises
    ValueError."""
    day = date.fromisoformat(iso[:10])
    return labels["date"].format(
        day=labels["first_day"] if day.day == 1 else day.day,
        month=labels[f"month_{day.month}"],
        year=day.year,
    )
