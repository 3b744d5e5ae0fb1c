"""The demo accounts, one a role. Their password is no secret, so they work nowhere but in a demo."""

from academy.people.models import User
from academy.people.roles import HR, LEARNER, MANAGER, OPERATOR, TRAINER

DOMAIN = "academy.example"
PASSWORD = "academy-demo-2026"  # noqa: S105 - printed by load_demo and refused outside a demo
#: What comes before the @, and the role's group.
ACCOUNTS = {
    "learner": LEARNER,
    "trainer": TRAINER,
    "manager": MANAGER,
    "hr": HR,
    "operator": OPERATOR,
}


def address(name: str) -> str:
    return f"{name}@{DOMAIN}"


def is_demo_address(email: str) -> bool:
    return email.strip().lower().endswith(f"@{DOMAIN}")


def demo_people():
    """Everyone that a demo brought in."""
    return User.objects.filter(email__iendswith=f"@{DOMAIN}")


def accounts_table() -> str:
    """The accounts that exist, as aligned lines of text."""
    people = {person.email: person for person in demo_people()}
    lines = [f"  {'account':<26}{'password':<22}{'name':<24}role"]
    for name, role in ACCOUNTS.items():
        person = people.get(address(name))
        if person is not None:
            lines.append(f"  {person.email:<26}{PASSWORD:<22}{person.get_full_name():<24}{role}")
    return "\n".join(lines)
