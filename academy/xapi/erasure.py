"""Erasure: statements keep what happened, to what, when and with which score, and no longer say who.

The one exception to the rule that statements never change, and it is written down each time
(`Erasure`). The person's accounts and addresses become one random account that nothing leads back
from. Taken out of what the person did, or was done to: answers in words, texts in extensions and
attachments. Names and addresses are taken out wherever else the statement holds them. What content
kept about the person, their state and profiles, is deleted.

It is done in batches, each in a transaction of its own. A run that was stopped is taken up again
and does what is left; running it twice changes nothing more.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import AcademyError, NotAllowed, NotFound
from academy.people.models import User, random_account_name
from academy.people.roles import OPERATOR, has_role
from academy.people.services import anonymise, lock_person
from academy.people.signals import person_erased
from academy.xapi.attachments import attachments_of
from academy.xapi.clients import withdraw_launch_tokens
from academy.xapi.models import (
    Attachment,
    Document,
    Erasure,
    ErasureRequest,
    OutboxEntry,
    PersonExport,
    Statement,
    StatementAttachment,
    StatementKey,
    StatementTerm,
    agent_key,
)
from academy.xapi.rights import (
    BATCH,
    EVERYWHERE,
    agents_of,
    batches_about,
    count_about,
    keys_of,
    page_about,
    statements_by,
    terms_about,
)
from academy.xapi.schema import fingerprint
from academy.xapi.signatures import USAGE_TYPE as SIGNATURE
from academy.xapi.terms import term

ERASED = "[erased]"
#: Erasures that nobody has worked on for so long are taken up again by the sweep.
ABANDONED = timedelta(minutes=10)

#: What may have left the academy: being sent counts, for nobody knows how it ended.
SENT = (OutboxEntry.State.DELIVERED, OutboxEntry.State.CLAIMED)

log = structlog.get_logger(__name__)


# --- What would be done ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """How much an erasure would touch."""

    accounts: int
    statements: int
    destinations: list[str]


def preview(person: User) -> Preview:
    sent = OutboxEntry.objects.filter(
        state__in=SENT, statement_id__in=statements_by(person).values("statement_id")
    )
    return Preview(
        accounts=person.identities.count(),
        statements=count_about(keys_of(person)),
        destinations=sorted(set(sent.values_list("destination", flat=True).distinct())),
    )


# --- Doing it -------------------------------------------------------------------------------------


def erase_person(*, person: User, reason: str, by: User, at: datetime | None = None) -> Erasure:
    """Erase a person, from beginning to end. Raises what `begin_erasure` raises."""
    erasure = begin_erasure(person=person, reason=reason, by=by, at=at)
    return carry_on(erasure)


@transaction.atomic
def begin_erasure(*, person: User, reason: str, by: User, at: datetime | None = None) -> Erasure:
    """Close the account, forget who it was, and write down what has to be done to the statements.

    From here on it cannot be undone, and nothing new is recorded about the person.
    """
    at = at or now()
    if not has_role(by, OPERATOR):
        raise NotAllowed(_("Only an operator erases people."))
    if person.pk == by.pk:
        raise NotAllowed(_("Somebody else has to erase you."))
    if person.is_superuser:
        raise NotAllowed(_("A superuser is not erased. Take the rights away first."))
    if not reason.strip():
        raise AcademyError(_("Say why: the reason is kept with the erasure."))
    person = lock_person(person)
    agents = agents_of(person)
    accounts = [agent["account"]["name"] for agent in agents if "account" in agent]
    erasure = Erasure.objects.create(
        reason=reason.strip(),
        erased_by=by,
        started_at=at,
        worked_at=at,
        names=agents,
        strings=[*accounts, person.email, person.get_full_name()],
        pseudonym={"homePage": settings.XAPI_HOME_PAGE, "name": random_account_name()},
    )
    for export in PersonExport.objects.filter(person=person):
        if export.file:
            export.file.delete(save=False)
        export.delete()
    withdraw_launch_tokens(person=person)
    person = anonymise(person)
    person_erased.send(sender=User, person=person)
    log.info("erasure_begun", erasure=str(erasure.uuid), by=by.pk)
    return erasure


def carry_on(erasure: Erasure) -> Erasure:
    """Do what is left of an erasure, however often it was stopped."""
    if erasure.finished_at is not None:
        return erasure
    who = _Who(erasure)
    while True:
        for rows in batches_about(who.keys, *EVERYWHERE):
            _rewrite(erasure, who, rows)
        for rows in _scan(who):
            _rewrite(erasure, who, rows)
        while _rename_terms(erasure, who):
            pass
        while _delete_documents(erasure, who):
            pass
        if not page_about(who.keys, *EVERYWHERE, limit=1):
            break
    _finish(erasure)
    return erasure


def unfinished(*, at: datetime | None = None) -> list[Erasure]:
    """Erasures that were begun and that nobody is working on."""
    at = at or now()
    return list(
        Erasure.objects.filter(finished_at__isnull=True, worked_at__lt=at - ABANDONED).order_by(
            "started_at"
        )
    )


def find_unfinished(email: str) -> Erasure | None:
    """The erasure under way of the person who had this address."""
    for erasure in Erasure.objects.filter(finished_at__isnull=True):
        if email.lower() in erasure.strings:
            return erasure
    return None


@transaction.atomic
def _finish(erasure: Erasure) -> None:
    Erasure.objects.filter(pk=erasure.pk, finished_at__isnull=True).update(
        finished_at=now(), worked_at=now(), names=[], strings=[], pseudonym={}
    )
    erasure.refresh_from_db()
    log.info("erasure_finished", erasure=str(erasure.uuid), statements=erasure.statements)


def _hold(erasure: Erasure) -> None:
    """Keep other runs of the same erasure out until the transaction ends."""
    rows = Erasure.objects.filter(pk=erasure.pk)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    rows.get()


# --- Who is looked for, and what stands in their place --------------------------------------------


class _Who:
    """The names of the person, and the account that takes their place."""

    def __init__(self, erasure: Erasure) -> None:
        self.pseudonym = erasure.pseudonym
        self.keys = [agent_key(agent) for agent in erasure.names]
        accounts = [one["account"]["name"] for one in erasure.names if "account" in one]
        #: Strings that nobody else's statement holds by chance.
        self.unmistakable = [*accounts, *(one for one in erasure.strings if "@" in one)]
        written = sorted((one for one in erasure.strings if len(one) > 3), key=len, reverse=True)
        either = "|".join(map(re.escape, written))
        self._accounts = set(accounts)
        # whole: "ada@gov.example" is not meant by "bada@gov.example"
        self._written = re.compile(rf"(?<![\w.+-])(?:{either})(?![\w-])", re.IGNORECASE)

    def is_meant(self, value: Any) -> bool:
        """Whether the value is an Agent by one of the person's names."""
        if not isinstance(value, dict):
            return False
        try:
            return agent_key(value) in self.keys
        except (AttributeError, KeyError, TypeError):  # in an extension anything may be written
            return False

    def without_text(self, value: Any) -> Any:
        """An extension's value with every text taken out; numbers and truth values stay."""
        match value:
            case str():
                return ERASED
            case list():
                return [self.without_text(one) for one in value]
            case dict():
                return {self._said(key): self.without_text(one) for key, one in value.items()}
        return value

    def without_names(self, value: Any) -> Any:
        """Any part of a statement, with the pseudonym for the person and no text that names them."""
        match value:
            case str():
                return self._said(value)
            case list():
                return [self.without_names(one) for one in value]
            case dict() if self.is_meant(value):
                kind = {"objectType": "Agent"} if "objectType" in value else {}
                return {**kind, "account": self.pseudonym}
            case dict():
                return {self._said(key): self.without_names(one) for key, one in value.items()}
        return value

    def _said(self, text: str) -> str:
        return self._written.sub(self._instead, text)

    def _instead(self, match: re.Match) -> str:
        return self.pseudonym["name"] if match[0] in self._accounts else ERASED

    def rewritten(self, statement: dict[str, Any]) -> dict[str, Any]:
        """The statement after erasure."""
        before, statement = statement, dict(statement)
        target = statement["object"]
        if target.get("objectType") == "SubStatement":
            statement["object"] = self.rewritten(target)
        if self.concerns(statement):
            statement.pop("attachments", None)
            for part in ("result", "context"):
                if part not in statement:
                    continue
                kept = dict(statement[part])
                if "response" in kept:
                    kept["response"] = ERASED
                if "extensions" in kept:
                    kept["extensions"] = self.without_text(kept["extensions"])
                statement[part] = kept
        statement = self.without_names(statement)
        if statement != before and "attachments" in statement:
            # a signature is of the statement before, and holds it
            kept = [one for one in statement["attachments"] if one["usageType"] != SIGNATURE]
            statement |= {"attachments": kept}
            if not kept:
                del statement["attachments"]
        return statement

    def concerns(self, statement: dict[str, Any]) -> bool:
        """Whether the statement says what the person did, or what was done to them."""
        parts = [statement["actor"], statement["object"]]
        return any(
            self.is_meant(part) or any(map(self.is_meant, part.get("member", ()))) for part in parts
        )


def _scan(who: _Who) -> Iterator[list[Statement]]:
    """Statements whose text holds an account or address of the person where no index leads to it:
    in an extension, or in a statement that is void."""
    held = reduce(or_, (Q(raw__icontains=text) for text in who.unmistakable))
    after = None
    while rows := list(
        Statement.objects.filter(held).page(limit=BATCH, after=after, ascending=True)
    ):
        yield rows
        after = (rows[-1].stored, rows[-1].pk)


# --- Statements -----------------------------------------------------------------------------------


@transaction.atomic
def _rewrite(erasure: Erasure, who: _Who, rows: list[Statement]) -> None:
    """Rewrite a batch: the text, the columns, the key's hash, attachments, what was delivered."""
    _hold(erasure)
    changed: list[UUID] = []
    dropped: dict[UUID, set[str]] = {}
    for row in Statement.objects.at((row.stored, row.pk) for row in rows):
        before = json.loads(row.raw)
        document, authority = who.rewritten(before), who.without_names(row.authority)
        if document == before and authority == row.authority:
            continue
        dropped[row.statement_id] = _hashes(before) - _hashes(document)
        Statement.objects.filter(pk=row.pk, stored=row.stored).update(
            raw=json.dumps(document, ensure_ascii=False, separators=(",", ":")),
            authority=authority,
            actor=agent_key(document["actor"]),
        )
        StatementKey.objects.filter(pk=row.statement_id).update(content_hash=fingerprint(document))
        changed.append(row.statement_id)
    entries = OutboxEntry.objects.filter(statement_id__in=changed)
    _ask_elsewhere(erasure, entries.filter(state__in=SENT))
    entries.exclude(last_answer="").update(last_answer=ERASED)
    Erasure.objects.filter(pk=erasure.pk).update(
        worked_at=now(),
        statements=F("statements") + len(changed),
        attachments=F("attachments") + remove_attachments(dropped),
    )


def _hashes(statement: dict[str, Any]) -> set[str]:
    return {attachment["sha2"].lower() for _path, attachment in attachments_of(statement)}


def remove_attachments(dropped: dict[UUID, set[str]]) -> int:
    """Take the data under these hashes from these statements, and away where no other has it."""
    links = StatementAttachment.objects.filter(statement_id__in=dropped)
    gone = [link for link in links if link.attachment_id in dropped[link.statement_id]]
    hashes = {link.attachment_id for link in gone}
    removed, _by_model = StatementAttachment.objects.filter(
        pk__in=[link.pk for link in gone]
    ).delete()
    still = StatementAttachment.objects.filter(attachment__in=hashes)
    Attachment.objects.filter(
        pk__in=hashes - set(still.values_list("attachment", flat=True))
    ).delete()
    return removed


def _ask_elsewhere(erasure: Erasure, sent) -> None:
    for destination in set(sent.values_list("destination", flat=True)):
        ErasureRequest.objects.get_or_create(
            erasure=erasure,
            destination=destination,
            defaults={"names": erasure.names, "requested_at": now()},
        )


@transaction.atomic
def _rename_terms(erasure: Erasure, who: _Who) -> int:
    """Let a batch of what was found by the person be found by the pseudonym; how many it was.

    Last, because the statements are found by them. Those that refer to such a statement are found
    by it too, and go along.
    """
    _hold(erasure)
    old = terms_about(who.keys, *EVERYWHERE)
    rows = list(
        StatementTerm.objects.filter(term__in=old).values_list("term", "stored", "statement")[
            : BATCH * 4
        ]
    )
    new_key = agent_key({"account": who.pseudonym})
    StatementTerm.objects.bulk_create(
        (
            StatementTerm(term=term(old[number][0], new_key), stored=stored, statement=statement)
            for number, stored, statement in rows
        ),
        ignore_conflicts=True,
    )
    StatementTerm.objects.filter(
        term__in={row[0] for row in rows},
        stored__in={row[1] for row in rows},
        statement__in={row[2] for row in rows},
    ).delete()
    Erasure.objects.filter(pk=erasure.pk).update(worked_at=now())
    return len(rows)


@transaction.atomic
def _delete_documents(erasure: Erasure, who: _Who) -> int:
    """Delete a batch of what content kept for the person; how many it was.

    Nothing but content reads it, and only content knows what it says. Profiles of activities are
    about nobody.
    """
    _hold(erasure)
    ids = Document.objects.filter(agent__in=who.keys).values_list("pk", flat=True)[:BATCH]
    removed, _by_model = Document.objects.filter(pk__in=list(ids)).delete()
    Erasure.objects.filter(pk=erasure.pk).update(
        worked_at=now(), documents=F("documents") + removed
    )
    return removed


# --- Elsewhere ------------------------------------------------------------------------------------


@transaction.atomic
def confirm_request(*, pk: int, at: datetime | None = None) -> ErasureRequest:
    """Whoever runs the other store has said that it is done. What the person was called is forgotten."""
    request = ErasureRequest.objects.filter(pk=pk).first()
    if request is None:
        raise NotFound(_("There is no such request."))
    ErasureRequest.objects.filter(pk=pk, state=ErasureRequest.State.REQUESTED).update(
        state=ErasureRequest.State.CONFIRMED, confirmed_at=at or now(), names=[]
    )
    request.refresh_from_db()
    return request
