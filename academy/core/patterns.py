"""The live pattern page, in development only: every component with its variables."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def library(request: HttpRequest) -> HttpResponse:
    return render(request, "patterns.html")
