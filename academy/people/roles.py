"""The roles, as groups. A migration makes them; their Wagtail permissions are given by `cms`."""

LEARNER = "Learners"
TRAINER = "Trainers"
MANAGER = "Line managers"
HR = "Human resources"
OPERATOR = "Operators"
ALL_ROLES = [LEARNER, TRAINER, MANAGER, HR, OPERATOR]


def has_role(person, role: str) -> bool:
    """Whether the person is in the role's group; a superuser is in all. One query a person."""
    if not person.is_authenticated or not person.is_active:
        return False
    if person.is_superuser:
        return True
    if not hasattr(person, "_role_names"):
        person._role_names = set(person.groups.values_list("name", flat=True))
    return role in person._role_names
