"""Users answer, the model learns from it, and the service answers anew without a restart."""

import signal
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from places import Moment, Place
from processes import wait_until

from pipelines.sample import reviews

pytestmark = pytest.mark.xdist_group("no network")


@pytest.fixture(scope="module")
def place(planted_once: Moment) -> Place:
    return planted_once.again()


@pytest.fixture(scope="module")
def service(place: Place) -> Iterator[httpx.Client]:
    """A running service, as `flywheel serve` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = place.start("serve", "--port", str(port))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        assert wait_until(lambda: answers(client), 60)
        yield client
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=10)


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def corrections(client: httpx.Client, count: int) -> list[dict[str, str]]:
    """What users would send back: predictions on fresh reviews, with the label that is right."""
    fresh = (row for row in reviews(2 * count, seed=2024) if row["review"] and row["sentiment"])
    found = []
    for row in fresh:
        if row["sentiment"] not in ("negative", "neutral", "positive"):
            continue
        answer = client.post("/predict", json={"text": row["review"]}).raise_for_status().json()
        found.append({"prediction_id": answer["prediction_id"], "label": str(row["sentiment"])})
        if len(found) == count:
            return found
    raise AssertionError("too few fresh reviews")


def test_300_corrections_make_the_next_version_and_the_service_takes_it_over(
    place: Place, service: httpx.Client
) -> None:
    before = place.status()
    sent = [{**body, "idempotency_key": f"user-{n}"} for n, body in enumerate(corrections(service, 300))]
    assert {service.post("/feedback", json=body).status_code for body in sent} == {201}
    assert place.status()["feedback_waiting"] == 300
    told = place.flywheel("listen").stdout
    assert "300 new answers" in told
    after = place.status()
    assert after["last_run"]["reason"] == "feedback: 300 new answers"
    assert after["data"]["rows"] == before["data"]["rows"] + 300
    assert after["feedback_waiting"] == 0
    assert after["champion"]["version"] == 2, after["decision"]
    assert after["champion"]["data_version"] == after["data"]["version"] != before["data"]["version"]
    asked = {"text": "really great, I love it"}
    assert wait_until(lambda: service.post("/predict", json=asked).json()["model_version"] == 2, 10)

    # The same answers once more, from a client that never saw the acknowledgement.
    assert {service.post("/feedback", json=body).status_code for body in sent} == {200}
    assert place.status()["feedback_waiting"] == 0
    assert "0 new answers" in place.flywheel("listen", counted=True).stdout
    place.flywheel("run")
    assert place.status()["data"] == after["data"]
    assert set(place.status()["last_run"]["stages"].values()) == {"unchanged"}


def test_rollback_brings_the_version_before_back_and_the_next_run_leaves_it(
    place: Place, service: httpx.Client
) -> None:
    assert place.status()["champion"]["version"] == 2
    place.flywheel("rollback", counted=True)
    assert place.status()["champion"]["version"] == 1
    asked = {"text": "really great, I love it"}
    assert wait_until(lambda: service.post("/predict", json=asked).json()["model_version"] == 1, 10)
    place.flywheel("run")
    time.sleep(0.1)
    assert place.status()["champion"]["version"] == 1, "a decided question is not decided again"
    place.flywheel("rollback", "--to", "2")
    assert place.status()["champion"]["version"] == 2
    assert "no such earlier champion" in place.flywheel("rollback", "--to", "7", code=2).stderr
