"""Metrics of the server, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Metrics of one server, in a separate registry, so that several servers fit into one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter(
            "xespeech_requests",
            "Requests by route and status; 499 is a client that left.",
            labels,
            registry=self.registry,
        )
        self.seconds = Histogram(
            "xespeech_request_seconds",
            "From request to last byte.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.first_byte_seconds = Histogram(
            "xespeech_first_byte_seconds",
            "From request to first byte.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge("xespeech_in_flight", "Requests accepted and not finished.", registry=self.registry)
        self.live = Gauge("xespeech_live_conversions", "Live conversions now.", registry=self.registry)
        self.workers = Gauge("xespeech_workers", "Worker processes that are ready or at work.", registry=self.registry)
        self.deaths = Counter("xespeech_worker_deaths", "Workers that ended and were replaced.", registry=self.registry)
        self.retries = Counter("xespeech_interrupted_jobs", "Jobs whose worker died.", registry=self.registry)
        self.audio_seconds = Counter("xespeech_audio_seconds", "Audio made.", ("route",), registry=self.registry)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
