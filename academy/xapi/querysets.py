"""The reading vocabulary for statements and for what is still owed to other stores."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Q


class StatementQuerySet(models.QuerySet):
    """Statements by what the store's indexes know. Nothing here parses a document."""

    def visible(self):
        """Not voided (xAPI Data 2.3.2)."""
        return self.filter(voided=False)

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

    def page(
        self,
        *,
        limit: int,
        after: tuple[datetime, int] | None = None,
        ascending: bool = False,
    ):
        """One page, newest stored first unless `ascending`, beginning after (stored, id).

        A keyset, not an offset: it costs the same at any depth and stays put while rows arrive.
        """
        order = ("stored", "id") if ascending else ("-stored", "-id")
        page = self.order_by(*order)
        if after is not None:
            stored, pk = after
            if ascending:
                page = page.filter(stored__gte=stored).exclude(stored=stored, id__lte=pk)
            else:
                page = page.filter(stored__lte=stored).exclude(stored=stored, id__gte=pk)
        return page[:limit]


class StatementKeyQuerySet(models.QuerySet):
    def held(self):
        """Keys of statements that are here; see `StatementKey` for those that are only awaited."""
        return self.exclude(content_hash="")


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
