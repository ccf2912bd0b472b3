import random
from datetime import datetime, timezone

NAMES = ("metric1", "metric2", "metric3", "metric4", "metric5")
ANOMALIES = ("spike", "drop", "plateau")


def ingest():
    """Five numbers from 0 to 10; one time in a hundred all of them are too high, too low, or the same."""
    anomaly = random.choice(ANOMALIES) if random.random() < 0.01 else None
    plateau = random.uniform(5, 6)
    now = datetime.now(timezone.utc).isoformat()
    return [
        dict(metric_timestamp=now, metric_name=name, metric_value=value(anomaly, plateau))
        for name in NAMES
    ]


def value(anomaly, plateau):
    if anomaly == "spike":
        return random.uniform(15, 30)
    if anomaly == "drop":
        return random.uniform(-10, -1)
    if anomaly == "plateau":
        return plateau
    return random.uniform(0, 10)
