"""News of the learning record store."""

from django.dispatch import Signal

#: Statements are owed to these destinations (`names`), once the sender's transaction commits.
statements_owed = Signal()
