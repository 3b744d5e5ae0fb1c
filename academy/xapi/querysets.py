"""The reading vocabulary for statements and for what is still owed to other stores."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Q

#: Where a statement lies in the order of pages: when it was stored, and its row.
Place = tuple[datetime, int]

_RUN = (
    "SELECT * FROM (SELECT found.stored, found.statement FROM xapi_statementterm found "
    "WHERE {where} ORDER BY stored {way}, statement {way} LIMIT {limit:d}) run"
)
# not EXISTS, which the planner may turn round: then it reads all that has the popular term
_HAS_ONE = (
    "(SELECT 1 FROM xapi_statementterm other WHERE other.term IN ({terms}) "
    "AND other.stored = found.stored AND other.statement = found.statement LIMIT 1) = 1"
)
_ROWS = (
    "SELECT kept.* FROM ("
    "SELECT * FROM ({runs}) runs ORDER BY stored {way}, statement {way} LIMIT {limit:d}"
    ") place JOIN xapi_statement kept ON kept.stored = place.stored AND kept.id = place.statement "
    "ORDER BY place.stored {way}, place.statement {way}"
)
_WITH_ID = (
    "SELECT * FROM xapi_statement WHERE statement_id = %s AND stored = "
    "(SELECT stored FROM xapi_statementkey WHERE id = %s AND content_hash <> '')"
)


class StatementQuerySet(models.QuerySet):
    """Statements by what the store's indexes know. Nothing here parses a document."""

    def visible(self):
        """Not voided (xAPI Data 2.3.2)."""
        return self.filter(voided=False)

    def stored_within(self, *, since: datetime | None = None, until: datetime | None = None):
        """Stored after `since`, and no later than `until`."""
        found = self
        if since:
            found = found.filter(stored__gt=since)
        if until:
            found = found.filter(stored__lte=until)
        return found

    def with_id(self, statement_id: UUID):
        """The statement with this id, voided or not, or None. One query, as `by_ids` does it."""
        field = self.model._meta.get_field("statement_id")
        value = field.get_db_prep_value(statement_id, connection)
        return next(iter(self.raw(_WITH_ID, [value, value])), None)

    def by_ids(self, ids: Iterable[UUID]):
        """The statements with these ids, voided ones included.

        Goes through the narrow key table, because only `stored` leads PostgreSQL to the one
        partition that holds a statement.
        """
        from academy.xapi.models import StatementKey  # the models import this module

        keys = StatementKey.objects.held().filter(id__in=list(ids))
        stored = dict(keys.values_list("id", "stored"))
        return self.filter(stored__in=set(stored.values()), statement_id__in=stored.keys())

    def for_actor_identities(self, identities: Iterable):
        """Whose actor is one of these `people.Identity` rows: a person may have several."""
        from academy.xapi.models import account_key

        return self.filter(
            actor__in=[account_key(identity.home_page, identity.name) for identity in identities]
        )

    def at(self, places: Iterable[Place]):
        """The statements at these places, in no order: one look into each partition concerned."""
        places = set(places)
        return self.filter(
            stored__in={stored for stored, _pk in places}, pk__in=[pk for _stored, pk in places]
        )

    def found_by(
        self,
        filters: Sequence[Collection[int]],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int,
        after: Place | None = None,
        ascending: bool = False,
    ) -> list:
        """One page of the statements that have, for each filter, one of its terms; like `page`.

        The first filter is read in the order of the page and should be the narrowest; the others
        are looked up for each of its statements. One query: the terms lead to the statements inside
        the database, each in the partition where it lies.
        """
        where, shared = ["found.term = %s"], []
        for sql, value in (("> %s", since), ("<= %s", until)):
            if value:
                where.append(f"found.stored {sql}")
                shared.append(_moment(value))
        if after:
            # the first tells PostgreSQL what partitions it need not open
            where.append(f"found.stored {'>=' if ascending else '<='} %s")
            where.append(f"(found.stored, found.statement) {'>' if ascending else '<'} (%s, %s)")
            shared += [_moment(after[0]), _moment(after[0]), after[1]]
        for others in filters[1:]:
            where.append(_HAS_ONE.format(terms=", ".join(["%s"] * len(others))))
            shared += others
        shape = {"way": "ASC" if ascending else "DESC", "limit": limit}
        run = _RUN.format(where=" AND ".join(where), **shape)
        # a statement may have several terms of the first filter
        runs = " UNION ".join([run] * len(filters[0]))
        values = [value for term in filters[0] for value in (term, *shared)]
        return list(self.raw(_ROWS.format(runs=runs, **shape), values))

    def page(
        self,
        *,
        limit: int,
        after: Place | None = None,
        ascending: bool = False,
    ):
        """One page, newest stored first unless `ascending`, beginning after (stored, id).

        A keyset, not an offset: it costs the same at any depth and stays put while rows arrive.
        """
        page = self.order_by(*("stored", "id") if ascending else ("-stored", "-id"))
        if after is not None:
            stored, pk = after
            if ascending:
                page = page.filter(stored__gte=stored).exclude(stored=stored, id__lte=pk)
            else:
                page = page.filter(stored__lte=stored).exclude(stored=stored, id__gte=pk)
        return page[:limit]


def _moment(value: datetime) -> Any:
    """A time as a parameter of plain SQL."""
    return connection.ops.adapt_datetimefield_value(value)


class StatementKeyQuerySet(models.QuerySet):
    def held(self):
        """Keys of statements that are here; see `StatementKey` for those that are only awaited."""
        return self.exclude(content_hash="")

    def awaited(self):
        """Keys of statements that others refer to and that have not arrived."""
        return self.filter(content_hash="")


class DestinationQuerySet(models.QuerySet):
    def free(self, at: datetime):
        """Active, not left alone by its circuit breaker, and no worker is delivering to it."""
        return self.filter(
            Q(run_until__isnull=True) | Q(run_until__lt=at),
            Q(open_until__isnull=True) | Q(open_until__lte=at),
            is_active=True,
        )


class OutboxQuerySet(models.QuerySet):
    def owed(self):
        """Neither delivered nor refused yet."""
        return self.filter(state__in=["pending", "claimed"])

    def refused(self):
        return self.filter(state="refused")

    def due(self, at: datetime):
        """Waiting and no longer backing off, or claimed by a worker whose lease has run out."""
        return self.filter(
            Q(state="pending", next_attempt_at__lte=at) | Q(state="claimed", lease_until__lt=at)
        )


class LrsClientQuerySet(models.QuerySet):
    def active(self):
        return self.filter(revoked_at__isnull=True)


class DocumentQuerySet(models.QuerySet):
    def at(self, place):
        """The documents of a place; without a registration, those of every registration."""
        documents = self.filter(context=place.context)
        if place.registration is not None:
            documents = documents.filter(registration=place.registration)
        return documents


class LaunchTokenQuerySet(models.QuerySet):
    def live(self, at: datetime):
        """Not expired, and of somebody who still has an account that is active."""
        return self.filter(expires_at__gt=at, identity__person__is_active=True)
