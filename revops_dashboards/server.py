"""The dashboards as a web server: pages are made on the server, from the tables as they are at that moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from revops_dashboards import build_page
from revops_dashboards.build_state import BuildState, BuildStatePoller
from revops_dashboards.currency import currency_of
from revops_dashboards.filters import KPIS, Choice, address, choice_of, filters_only, options_of
from revops_dashboards.formats import amounts_in
from revops_dashboards.listing import csv_of
from revops_dashboards.pages import (
    DASHBOARDS,
    DEAL_LIST,
    PIPELINE_HEALTH,
    REP_COACHING,
    Page,
    csv_listing,
    dashboard,
    settled,
)
from revops_dashboards.render import render
from revops_dashboards.report import make_report
from revops_dashboards.tables import Tables
from transforms_api.errors import StoreError

BUILD = Page(build_page.PATH, "Build", ())
_HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
"""Pages run and load only their own files, cannot be framed, and are not cached."""


def application(tables: Tables, poller: BuildStatePoller, hosts: Iterable[str], is_ours: bool = True) -> Starlette:
    """Return the dashboards of a warehouse as an ASGI application.

    Args:
        tables: the tables of the warehouse.
        poller: reads the state of the project again when its files change.
        is_ours: whether it is the warehouse of the RevOps pipeline; any other has the dashboards only if it has
            their tables.
        hosts: accepted values of the Host header. Requests with others are refused, so that a website cannot read the
            tables by resolving its own name to this address (DNS rebinding).
    """

    shown = (*(DASHBOARDS if is_ours or tables.warehouse.last_change(KPIS) else ()), BUILD)

    def page_at(page: Page) -> Route:
        def show(request: Request) -> Response:
            choice, token = choice_of(request.query_params), poller.token()
            body = _body(page, tables, choice, poller.build)
            links = [{"title": page.title, "address": address(page.path, filters_only(choice))} for page in shown]
            branch = tables.warehouse.branch
            return HTMLResponse(
                render("page", title=page.title, content=body, token=token, branch=branch, navigation=links)
            )

        return Route(page.path, show)

    def csv_file(request: Request) -> Response:
        choice = choice_of(request.query_params)
        listing = csv_listing(request.path_params["name"], choice)
        if listing is None:
            return PlainTextResponse("There is no such table.", 404)
        try:
            page = REP_COACHING if "$rep" in listing.sql else DEAL_LIST
            chosen, _ = settled(page, tables, choice, options_of(tables))
            text = csv_of(listing, tables, chosen)
        except StoreError as error:
            return PlainTextResponse(str(error), 503)
        return _file(text.encode("utf-8-sig"), "text/csv; charset=utf-8", f"{listing.name}.csv")  # Excel needs the mark

    def report_file(request: Request) -> Response:
        try:
            options = options_of(tables)
        except StoreError as error:
            return PlainTextResponse(str(error), 503)
        now = datetime.now(UTC)
        choice = choice_of(request.query_params)
        made = make_report(tables, choice, options, poller.build, now, has_pictures=False)
        return _file(made.html.encode(), "text/html; charset=utf-8", f"revops-report-{now:%Y-%m-%d}.html")

    def changes(_: Request) -> Response:
        return PlainTextResponse(poller.read_if_changed())  # here, where no page waits for it

    def start(_: Request) -> Response:
        return RedirectResponse(shown[0].path)

    static = Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    middleware = [
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        Middleware(_WithHeaders),
    ]
    routes = [
        *map(page_at, shown), Route("/", start), Route("/changes", changes), Route("/csv/{name}", csv_file),
        Route("/report.html", report_file), static,
    ]  # fmt: skip
    return Starlette(routes=routes, middleware=middleware)


def warm_up(tables: Tables) -> None:
    """Draw the first page once, so that the first viewer need not wait until everything is loaded.

    Args:
        tables: the tables of the warehouse.
    """
    dashboard(PIPELINE_HEALTH, tables, Choice(), {})


def _body(page: Page, tables: Tables, choice: Choice, build: BuildState) -> Markup:
    if page is BUILD:
        currency = currency_of(tables)
        with amounts_in(currency.currency_sign, currency.currency):
            return build_page.build_page(tables, choice, build)
    return dashboard(page, tables, choice, build.states)


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


class _WithHeaders:
    """Adds `_HEADERS` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            await send(message)

        await self._app(scope, receive, send_with_headers)
