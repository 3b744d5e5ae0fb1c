"""What the learning record store keeps: statements, what is owed of them, and who may ask."""

from academy.xapi.models.clients import LrsClient
from academy.xapi.models.delivery import Destination, OutboxEntry
from academy.xapi.models.statements import (
    Statement,
    StatementKey,
    account_key,
    agent_key,
    compact,
    new_statement_id,
)

__all__ = [
    "Destination",
    "LrsClient",
    "OutboxEntry",
    "Statement",
    "StatementKey",
    "account_key",
    "agent_key",
    "compact",
    "new_statement_id",
]
