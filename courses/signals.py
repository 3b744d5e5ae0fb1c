"""News from courses. Sent inside the transaction of the change they tell of."""

from django.dispatch import Signal

#: kwargs: completion (a ModuleCompletion), competency_records
module_completed = Signal()

#: kwargs: enrollment (just completed), completions (the ModuleCompletions it rests on)
course_completed = Signal()
