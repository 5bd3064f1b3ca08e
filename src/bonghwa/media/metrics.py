"""What the gateway counts, in Prometheus names. No label names a camera, a person or an address."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """One registry a gateway, so two gateways in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.viewers = Gauge("bonghwa_gateway_viewers", "Sessions being served", ["transport"], registry=self.registry)
        self.reduced = Gauge(
            "bonghwa_gateway_reduced_viewers", "Sessions sent less because their network carries less", ["mode"], registry=self.registry
        )
        self.pulls = Gauge("bonghwa_gateway_pulls", "Cameras pulled now", registry=self.registry)
        self.recording = Gauge("bonghwa_gateway_recordings", "Evidence clips being made", registry=self.registry)
        self.lease = Gauge("bonghwa_gateway_lease_seconds", "Seconds left of the lease", registry=self.registry)
        self.dropped = Gauge("bonghwa_gateway_udp_dropped_packets", "Packets the kernel had no room for", registry=self.registry)
        self.sent = Counter("bonghwa_gateway_sent_bytes", "Bytes sent to viewers that have left", ["transport"], registry=self.registry)
        self.ended = Counter("bonghwa_gateway_sessions_ended", "Sessions ended", ["transport", "reason"], registry=self.registry)
        self.refused = Counter("bonghwa_gateway_refused", "Requests refused", ["code"], registry=self.registry)
        self.health = Counter("bonghwa_gateway_camera_health_changes", "Changes of a camera's state", ["state"], registry=self.registry)
        self.first_frame = Histogram(
            "bonghwa_gateway_first_frame_seconds",
            "From the beginning of a pull to its first IDR picture",
            buckets=(0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 5.0),
            registry=self.registry,
        )
        self.workers = Gauge("bonghwa_gateway_workers", "Cameras coded anew now", registry=self.registry)
        self.worker_failures = Gauge("bonghwa_gateway_worker_failures", "Workers that ended unasked", registry=self.registry)
        self.cut = Histogram(
            "bonghwa_gateway_cut_seconds",
            "From the hub's revoke to the last packet sent",
            buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0),
            registry=self.registry,
        )

    def text(self) -> bytes:
        """The exposition text."""
        return bytes(generate_latest(self.registry))
