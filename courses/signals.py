"""News from courses. Sent inside the transaction of the change they tell of."""

from django.dispatch import Signal

#: kwargs: enrollment (just completed), completions (the ModuleCompletions it rests on)
course_completed = Signal()
