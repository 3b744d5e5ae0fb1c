"""News about people."""

from django.dispatch import Signal

#: A person is erased: `person` (the row that stays, by then without a name). Sent in the transaction
#: in which it happens. Who holds something that a person wrote, or that names them, takes it away.
person_erased = Signal()
