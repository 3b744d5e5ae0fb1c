"""The Agents resource (Communication 2.4)."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from academy.people.models import Identity
from academy.xapi.models import LrsClient
from academy.xapi.requests import BadRequest, one_each
from academy.xapi.views.base import Resource, json_response
from academy.xapi.views.documents import read_agent


class AgentsView(Resource):
    """The Person behind an Agent: what was asked with, and the other accounts of the same person.

    Only those who may read profiles, too, are told of other accounts (2.4.s3.b1). Nobody is told
    a name or an address here: statements are about pseudonyms, and so is this.
    """

    http_method_names = ("get", "head")

    def scopes_for(self, method: str) -> tuple[str, ...]:
        return (LrsClient.Scope.READ, LrsClient.Scope.PROFILE)

    def get(self, request: HttpRequest) -> HttpResponse:
        given = one_each(request.GET, frozenset(("agent",)))
        if "agent" not in given:
            raise BadRequest("The parameter 'agent' is required.")
        agent = read_agent(given, self.version)
        person: dict[str, Any] = {"objectType": "Person"}
        for name in ("name", "mbox", "mbox_sha1sum", "openid", "account"):
            if name in agent:
                person[name] = [agent[name]]
        if "account" in agent and self.principal.may(LrsClient.Scope.PROFILE):
            person["account"] += _other_accounts(agent["account"])
        return json_response(person)


def _other_accounts(account: dict[str, str]) -> list[dict[str, str]]:
    """The other accounts of whoever has this one: two accounts merged are one person's."""
    asked = Identity.objects.filter(home_page=account["homePage"], name=account["name"])
    others = Identity.objects.filter(person__identities__in=asked).exclude(pk__in=asked)
    return [identity.actor["account"] for identity in others.order_by("pk")]
