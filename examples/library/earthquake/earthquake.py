import json
import os
import urllib.error
import urllib.request
from datetime import datetime, timezone

BASE = os.environ.get("ANOMSTACK_FN_EARTHQUAKE_URL", "https://earthquake.usgs.gov")
FEED = "/earthquakes/feed/v1.0/summary/all_day.geojson"


def ingest():
    """Rows of the earthquakes of the last 24 hours, from the feed of the United States Geological Survey."""
    try:
        with urllib.request.urlopen(BASE + FEED, timeout=15) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{BASE}{FEED} answered {error.code}") from None
    except ValueError:
        raise RuntimeError(f"{BASE}{FEED} answered something that is no JSON") from None
    return parse(answer, datetime.now(timezone.utc))


def parse(answer, now):
    """Quakes whose magnitude is not known yet are not counted. On a day without any there is no mean, and no greatest."""
    try:
        found = [feature["properties"]["mag"] for feature in answer["features"]]
    except (KeyError, TypeError):
        raise RuntimeError("the earthquake feed has an unexpected form: no features with a magnitude") from None
    magnitudes = [magnitude for magnitude in found if isinstance(magnitude, (int, float))]
    values = {"count": len(magnitudes)}
    if magnitudes:
        values["max_magnitude"] = max(magnitudes)
        values["avg_magnitude"] = sum(magnitudes) / len(magnitudes)
    return [
        dict(metric_timestamp=now.isoformat(), metric_name=f"earthquake_{name}_last_day", metric_value=value)
        for name, value in values.items()
    ]
