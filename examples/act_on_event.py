"""Act on an event: call a function for each new warning or danger, here for a camera that does not answer.

    python examples/act_on_event.py [DATA_DIR]

An event is a row that is committed before anything is told of it. So a loop that asks for new rows misses none, also
after a restart, when it keeps the last id. Other machines get events by webhook or push (docs/notifications.md).
"""

import sys
import time
from collections.abc import Iterator
from typing import Any

import livemon as lm

ASK_EVERY_S = 1.0


def new_events(monitor: lm.Monitor, camera_id: str, last_id: int = 0) -> Iterator[dict[str, Any]]:
    """Yield a camera's events as they are committed, oldest first, without end."""
    while True:
        for event in reversed(monitor.events(camera_id, limit=1000).to_dict("records")):
            if event["id"] > last_id:
                last_id = event["id"]
                yield event
        time.sleep(ASK_EVERY_S)


def act(event: dict[str, Any]) -> None:
    """Do something: switch on a lamp, open a ticket, call a person."""
    print(f"{event['severity']}: {event['title']}")


def main(data_dir: str) -> None:
    """Act on the first event of a camera whose address refuses connections."""
    cameras = {"door": {"source": "rtsp://127.0.0.1:9/door"}}
    with lm.Monitor(data_dir=data_dir, cameras=cameras, model="local") as monitor:
        monitor.start("door")
        for event in new_events(monitor, "door"):
            if event["severity"] in (lm.Severity.WARNING, lm.Severity.DANGER):
                act(event)
                break  # leave this out to go on


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "data")
