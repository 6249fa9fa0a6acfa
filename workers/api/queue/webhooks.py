"""Webhooks over HTTP: who is told when a job ends."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from extractor.seams.errors import UsageError
from workers.api.queue.bodies import PROBLEMS, moment
from workers.api.queue.filtering import ONLY_KNOWN
from workers.api.web.access import require
from workers.api.web.errors import ProblemError
from workers.service.notices.webhooks import WebhookStore
from workers.service.service import Service
from workers.service.store.tokens import Role


class WebhookRequest(BaseModel):
    """Where to send notices."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[
        str,
        Field(
            max_length=2000,
            json_schema_extra={"format": "uri"},
            description="http or https, a public address",
        ),
    ]


class WebhookBody(BaseModel):
    """A webhook without its secret."""

    id: str
    url: str
    created: AwareDatetime


class WebhookMade(WebhookBody):
    """secret: what notices are signed with (Standard Webhooks); it is told this once."""

    secret: str


class WebhookList(BaseModel):
    """Oldest first."""

    webhooks: list[WebhookBody]


def webhooks_router(service: Service) -> APIRouter:
    """The routes below /v1/webhooks."""
    router = APIRouter(
        prefix="/v1/webhooks", tags=["webhooks"], responses=PROBLEMS, dependencies=[require(Role.ADMIN)]
    )
    store = WebhookStore(service.database, service.seal)

    @router.post("", status_code=201)
    def create_webhook(wanted: WebhookRequest) -> WebhookMade:
        """Has a URL told of every job that ends from now on."""
        webhook, secret = store.create(wanted.url, private=service.settings.webhook_private)
        return WebhookMade(id=webhook.id, url=webhook.url, created=moment(webhook.created), secret=secret)

    @router.get("", dependencies=[ONLY_KNOWN])
    def list_webhooks() -> WebhookList:
        """All webhooks."""
        listed = [
            WebhookBody(id=item.id, url=item.url, created=moment(item.created)) for item in store.list()
        ]
        return WebhookList(webhooks=listed)

    @router.delete("/{webhook_id}", status_code=204)
    def delete_webhook(webhook_id: str) -> None:
        """Forgets a webhook and what was still to be sent to it."""
        try:
            store.delete(webhook_id.replace("\x00", ""))
        except UsageError as error:
            raise ProblemError(404, "no_such_webhook", "there is no such webhook") from error

    return router
