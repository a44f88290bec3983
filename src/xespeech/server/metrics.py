"""Metrics of the server, for Prometheus."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Metrics of one server, in a separate registry, so that several servers fit into one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=self.registry), partial(Gauge, registry=self.registry)
        times = partial(Histogram, labelnames=("route",), buckets=_SECONDS, registry=self.registry)
        labels = ("method", "route", "status")
        self.requests = counter("xespeech_requests", "Requests by route and status; 499 is a client that left.", labels)
        self.seconds = times("xespeech_request_seconds", "From request to last byte.")
        self.first_byte_seconds = times("xespeech_first_byte_seconds", "From request to first byte.")
        self.in_flight = gauge("xespeech_in_flight", "Requests accepted and not finished.")
        self.live = gauge("xespeech_live_conversions", "Live conversions now.")
        self.workers = gauge("xespeech_workers", "Worker processes that are ready or at work.")
        self.deaths = counter("xespeech_worker_deaths", "Workers that ended and were replaced.")
        self.retries = counter("xespeech_interrupted_jobs", "Jobs whose worker died.")
        self.audio_seconds = counter("xespeech_audio_seconds", "Audio made.", ("route",))

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
