"""Metrics of cameras, models, work and requests for Prometheus.

Labels are names of cameras and models, states and routes only, never observations, texts or questions. The endpoint
lives in web/api/health.py.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil
import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from livemon.archive.copies.address import bucket_label
from livemon.base.clock import Clock
from livemon.base.disk import free_bytes
from livemon.base.errors import StoreError
from livemon.base.settings.settings import Settings
from livemon.base.stream_types import StreamState
from livemon.cameras.registry import CameraRegistry
from livemon.monitor.change_feed import ChangeFeed
from livemon.monitor.uploads import Uploads
from livemon.store import audit_log, copies, event_counts
from livemon.store.session import Database
from livemon.store.tables.copies import CopyState
from livemon.store.tables.jobs import SegmentAnalysis
from livemon.store.tables.recordings import VlmCallRow

REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
ROWS_FOR_S = 60.0
"""Minimum interval between sums over the whole database."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Sums over the database's tables."""

    calls: list[tuple[str, str, str, str, int, float, float]]
    tokens: list[tuple[str, str, int, int, int, int]]
    unknown: list[tuple[str, str, int]]
    events: list[tuple[str, str, int]]
    windows: list[tuple[str, str, int]]


class Metrics:
    """The metrics of one monitor. `text` blocks for some milliseconds."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        camera_registry: CameraRegistry,
        uploads: Uploads,
        feed: ChangeFeed,
    ) -> None:
        # A registry of its own: Jupyter's server uses the default one, and two monitors may live in one kernel.
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "livemon_http_requests", "Requests", ["route", "method", "status"], registry=self._registry
        )
        self._durations = Histogram(
            "livemon_http_request_duration_seconds",
            "How long requests took; those that wait for a segment or stay open are among them",
            ["route", "method"],
            buckets=REQUEST_BUCKETS_S,
            registry=self._registry,
        )
        self._registry.register(_State(settings, database, clock, camera_registry, uploads, feed))

    def observe_request(self, route: str, method: str, status: int, duration_s: float) -> None:
        """Count a request.

        Parameters
        ----------
        route
            Its template; never its address, which names cameras and files.
        """
        self._requests.labels(route, method, str(status)).inc()
        self._durations.labels(route, method).observe(duration_s)

    def text(self) -> bytes:
        """Return all of them in Prometheus' text format."""
        return generate_latest(self._registry)


class _State(Collector):
    """Reads the current state at each request."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        camera_registry: CameraRegistry,
        uploads: Uploads,
        feed: ChangeFeed,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._camera_registry = camera_registry
        self._uploads = uploads
        self._feed = feed
        self._process = psutil.Process()
        self._summed: tuple[float, Rows] | None = None

    def describe(self) -> list[Metric]:
        """Return nothing: asking a database only to register would be too much."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return the metrics."""
        yield from self._cameras()
        try:
            read = list(self._database_metrics())
        except StoreError:
            read = []  # the rest is wanted most when the database is away
        yield GaugeMetricFamily("livemon_database_up", "Whether the database answers", value=float(bool(read)))
        yield from read
        yield from self._here()
        if self._settings.copies.enabled:
            with contextlib.suppress(StoreError):
                yield from self._copies()

    def _cameras(self) -> Iterator[Metric]:
        state = GaugeMetricFamily("livemon_camera_state", "1 for the state a camera is in", labels=["camera", "state"])
        restarts = CounterMetricFamily("livemon_camera_restarts", "Restarts of ffmpeg", labels=["camera"])
        age = GaugeMetricFamily(
            "livemon_camera_last_segment_age_seconds", "Since the end of the newest segment", labels=["camera"]
        )
        looks = CounterMetricFamily("livemon_looks", "Looks", labels=["camera", "outcome"])
        skips = CounterMetricFamily("livemon_skips", "Segments without a look", labels=["camera", "reason"])
        odd = CounterMetricFamily("livemon_odd_answers", "Answers used with something odd in them", labels=["camera"])
        waiting = GaugeMetricFamily("livemon_segments_waiting", "Segments that wait to be looked at", labels=["camera"])
        segments = CounterMetricFamily("livemon_segments", "Finished segments", labels=["camera"])
        late = CounterMetricFamily("livemon_segments_late", "Segments finished two seconds late", labels=["camera"])
        pictures = CounterMetricFamily(
            "livemon_detector_pictures", "Pictures looked at for people, or left out", labels=["camera", "outcome"]
        )
        lag = GaugeMetricFamily(
            "livemon_detector_lag_seconds", "What looking for people in the last segment took", labels=["camera"]
        )
        now = self._clock.now()
        for camera in self._camera_registry.cameras.values():
            status = camera.status
            for one in StreamState:
                state.add_metric([camera.id, one.value], float(status.state is one))
            restarts.add_metric([camera.id], status.restarts)
            if status.last_segment_end_utc is not None:
                age.add_metric([camera.id], (now - status.last_segment_end_utc).total_seconds())
            counters = dict(status.counters)
            failed = counters.pop("failed_looks", 0)
            looks.add_metric([camera.id, "ok"], counters.pop("looks", 0) - failed)
            looks.add_metric([camera.id, "failed"], failed)
            odd.add_metric([camera.id], counters.pop("odd_answers", 0))
            segments.add_metric([camera.id], counters.pop("segments", 0))
            late.add_metric([camera.id], counters.pop("late_segments", 0))
            pictures.add_metric([camera.id, "looked_at"], counters.pop("detector_pictures", 0))
            pictures.add_metric([camera.id, "left_out"], counters.pop("detector_left_out", 0))
            lag.add_metric([camera.id], counters.pop("detector_lag_ms", 0) / 1000)
            for name, count in counters.items():
                skips.add_metric([camera.id, name.removeprefix("skipped_")], count)
            waiting.add_metric([camera.id], camera.waiting_segments)
        yield from (state, restarts, age, looks, odd, skips, waiting, segments, late, pictures, lag)

    def _database_metrics(self) -> Iterator[Metric]:
        rows = self._rows()
        calls = CounterMetricFamily(
            "livemon_calls", "Calls of models on record", labels=["camera", "model", "purpose", "status"]
        )
        dollars = CounterMetricFamily(
            "livemon_cost_dollars", "What calls of known cost cost", labels=["camera", "model"]
        )
        latency = CounterMetricFamily(
            "livemon_call_duration_seconds_sum", "Time that calls took, summed", labels=["camera", "model"]
        )
        sums: dict[tuple[str, str], list[float]] = {}
        for camera, model, purpose, status, count, cost_usd, latency_ms in rows.calls:
            calls.add_metric([camera, model, purpose, status], count)
            both = sums.setdefault((camera, model), [0.0, 0.0])
            both[0] += cost_usd
            both[1] += latency_ms / 1000
        for (camera, model), (cost_usd, took_s) in sums.items():
            dollars.add_metric([camera, model], cost_usd)
            latency.add_metric([camera, model], took_s)
        tokens = CounterMetricFamily("livemon_tokens", "Tokens", labels=["camera", "model", "kind"])
        for camera, model, *counts in rows.tokens:
            for kind, count in zip(("input", "output", "thought", "cached"), counts, strict=True):
                tokens.add_metric([camera, model, kind], count)
        unknown = CounterMetricFamily(
            "livemon_calls_of_unknown_cost", "Calls of which nobody knows the cost", labels=["camera", "model"]
        )
        for camera, model, count in rows.unknown:
            unknown.add_metric([camera, model], count)
        events = GaugeMetricFamily("livemon_events_stored", "Events on record", labels=["camera", "severity"])
        for camera, severity, count in rows.events:
            events.add_metric([camera, severity], count)
        windows = GaugeMetricFamily("livemon_windows", "Windows by their analysis", labels=["camera", "status"])
        for camera, status, count in rows.windows:
            windows.add_metric([camera, status], count)
        yield from (calls, dollars, latency, tokens, unknown, events, windows)

    def _copies(self) -> Iterator[Metric]:
        totals = copies.totals(self._database, bucket_label(self._settings))
        count = GaugeMetricFamily("livemon_copies", "Copies off the premises by their state", labels=["state"])
        size = GaugeMetricFamily("livemon_copies_bytes", "Bytes of these", labels=["state"])
        for state in CopyState:
            count.add_metric([state.value], totals.counts.get(state.value, 0))
            size.add_metric([state.value], totals.sizes.get(state.value, 0))
        since = totals.waiting_since_utc
        waits_s = (self._clock.now() - since).total_seconds() if since else 0.0
        yield from (count, size)
        yield GaugeMetricFamily(
            "livemon_copies_oldest_waiting_seconds", "How long the one that waits longest has waited", value=waits_s
        )

    def _here(self) -> Iterator[Metric]:
        def gauge(name: str, words: str, value: float) -> Metric:
            return GaugeMetricFamily(f"livemon_{name}", words, value=value)

        yield gauge("disk_free_bytes", "Free where footage lies", free_bytes(self._settings.data_dir))
        waiting, lost = audit_log.unwritten(self._database)
        yield gauge("audit_entries_waiting", "Entries of the audit log that the database refused so far", waiting)
        yield CounterMetricFamily("livemon_audit_entries_lost", "Entries that waited too long", value=lost)
        yield gauge("push_clients", "Subscribers", self._feed.subscribers)
        yield CounterMetricFamily("livemon_push_messages", "Messages told to subscribers", value=self._feed.sent)
        ended = CounterMetricFamily("livemon_push_ended", "Subscriptions that livemon ended", labels=["reason"])
        for reason, count in self._feed.ended.items():
            ended.add_metric([reason], count)
        yield ended
        uploads = GaugeMetricFamily("livemon_uploads", "Uploads since the start", labels=["state"])
        states = [one.state.value for one in self._uploads.all()]
        for state in sorted(set(states)):
            uploads.add_metric([state], states.count(state))
        yield uploads
        with self._process.oneshot():
            yield gauge("process_resident_bytes", "Memory of this process", self._process.memory_info().rss)
            times = self._process.cpu_times()
            yield CounterMetricFamily("livemon_process_cpu_seconds", "CPU time", value=times.user + times.system)
            yield gauge("process_open_files", "Open files and sockets", self._process.num_fds())

    def _rows(self) -> Rows:
        now_s = time.monotonic()
        if self._summed is None or now_s - self._summed[0] > ROWS_FOR_S:
            self._summed = (now_s, read_rows(self._database))
        return self._summed[1]


def read_rows(database: Database) -> Rows:
    """Return the sums over calls, events and windows; five statements."""
    call = VlmCallRow
    who = (call.camera_id, call.model)
    total = sa.func.coalesce

    def summed(column: Any) -> Any:
        return total(sa.func.sum(column), 0)

    with database.reading() as connection:
        events = event_counts.counts(connection)

        def all_of(query: Any) -> list[Any]:
            return [tuple(row) for row in connection.execute(query)]

        return Rows(
            calls=all_of(
                sa.select(
                    *(call.camera_id, call.model, call.purpose, call.status, sa.func.count()),
                    *(total(sa.func.sum(call.cost_usd), 0.0), total(sa.func.sum(call.latency_ms), 0.0)),
                ).group_by(call.camera_id, call.model, call.purpose, call.status)
            ),
            tokens=all_of(
                sa.select(
                    *who,
                    *(summed(call.input_tokens), summed(call.output_tokens)),
                    *(summed(call.thought_tokens), summed(call.cached_tokens)),
                ).group_by(*who)
            ),
            unknown=all_of(sa.select(*who, sa.func.count()).where(call.cost_usd.is_(None)).group_by(*who)),
            events=all_of(
                sa.select(events.camera_id, events.severity, summed(events.events)).group_by(
                    events.camera_id, events.severity
                )
            ),
            windows=all_of(
                sa.select(SegmentAnalysis.camera_id, SegmentAnalysis.status, sa.func.count()).group_by(
                    SegmentAnalysis.camera_id, SegmentAnalysis.status
                )
            ),
        )
