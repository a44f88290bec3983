"""Endpoints for supervisors: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from xespeech.server.problems import Problem
from xespeech.server.schemas import refusals
from xespeech.server.service import Service

router = APIRouter(tags=["status"])


@router.get("/healthz", summary="Whether the server is alive", response_class=PlainTextResponse)
async def healthz() -> str:
    """Always ok; a server that does not answer should be restarted."""
    return "ok"


@router.get("/readyz", summary="Whether work can be sent", response_class=PlainTextResponse, responses=refusals(503))
async def readyz(request: Request) -> str:
    """503 while no worker is ready or the server is being stopped."""
    service: Service = request.app.state.service
    if service.stopping:
        raise Problem(503, "the server is being stopped.", "stopping")
    if not service.pool.n_alive:
        raise Problem(503, "no worker is ready yet.", "starting")
    return "ok"


@router.get("/metrics", summary="Counters for Prometheus", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Requests, times, workers and audio made, in Prometheus' text format."""
    service: Service = request.app.state.service
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)
