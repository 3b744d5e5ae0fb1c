"""What the learning record store keeps: statements, what is owed of them, and who may ask."""

from academy.xapi.models.clients import LaunchToken, LrsClient
from academy.xapi.models.delivery import Destination, OutboxEntry
from academy.xapi.models.documents import Document, context_digest, document_address, is_json
from academy.xapi.models.rights import Erasure, ErasureRequest, PersonExport, Purge
from academy.xapi.models.statements import (
    Activity,
    Attachment,
    Statement,
    StatementAttachment,
    StatementKey,
    StatementReference,
    StatementTerm,
    account_key,
    agent_key,
    compact,
    new_statement_id,
)

__all__ = [
    "Activity",
    "Attachment",
    "Destination",
    "Document",
    "Erasure",
    "ErasureRequest",
    "LaunchToken",
    "LrsClient",
    "OutboxEntry",
    "PersonExport",
    "Purge",
    "Statement",
    "StatementAttachment",
    "StatementKey",
    "StatementReference",
    "StatementTerm",
    "account_key",
    "agent_key",
    "compact",
    "context_digest",
    "document_address",
    "is_json",
    "new_statement_id",
]
