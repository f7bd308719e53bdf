"""Evidence of the gravest incidents: a picture inside the page, and a short clip beside it.

Reads footage and writes clips; their look on the page lives in sections.py.
"""

from __future__ import annotations

import base64
import io
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livemon.archive.footage import Footage
from livemon.base.errors import LivemonError
from livemon.base.private_files import create, make_folder
from livemon.base.settings.settings import Settings
from livemon.reports.facts.day import Day
from livemon.reports.facts.groups import Evidence, incident_groups
from livemon.store.session import Database

if TYPE_CHECKING:
    from PIL.Image import Image as PictureFile

MOST = 12
"""Groups of incidents with a picture: more are a catalogue, and no mail takes it."""

WIDTH, QUALITY = 480, 80
"""Of a picture: pixels, and JPEG quality. Twenty-four are some megabyte."""

AROUND = timedelta(seconds=10)
LONGEST = timedelta(seconds=60)
"""A clip begins this long before the incident and ends this long after it, but is no longer than that."""


def gravest(day: Day, most: int = MOST) -> list[int]:
    """Return the row labels of the incidents that are shown with a picture: those of the gravest groups."""
    return [label for group in incident_groups(day.incidents)[:most] for label in group.shown]


def gather(day: Day, settings: Settings, database: Database, clips_dir: Path | None) -> dict[int, Evidence]:
    """Return the evidence of the gravest incidents by their row labels; blocks: it decodes, and copies footage.

    Of a group the gravest has a clip, the first only a picture.

    Parameters
    ----------
    clips_dir
        Folder of the clips, beside the page; None writes none.
    """
    footage = Footage(day.camera_id, settings, database)
    thumbnails = settings.camera_dir(day.camera_id) / "thumbnails"
    found: dict[int, Evidence] = {}
    clipped = {group.gravest for group in incident_groups(day.incidents)}
    for label in sorted(gravest(day)):
        incident = day.incidents.loc[label].to_dict()
        picture = _picture(incident, footage, thumbnails)
        uri = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}" if picture else ""
        name, clip_s = _clip(day, incident, footage, clips_dir) if clips_dir and label in clipped else ("", 0.0)
        found[label] = Evidence(uri, name, clip_s)
    return found


def _picture(incident: Mapping[Any, Any], footage: Footage, thumbnails: Path) -> bytes:
    """Return the event's own picture as a JPEG file, else one of the footage; nothing when there is neither."""
    from PIL import Image  # matplotlib has loaded it; OpenCV would take 16 MB more

    if incident["thumbnail"]:
        with suppress(OSError, Image.DecompressionBombError):
            return _jpeg(Image.open(thumbnails / incident["thumbnail"]))
    with suppress(LivemonError):
        bgr = footage.frame(incident["start_utc"].to_pydatetime(), WIDTH).image
        return _jpeg(Image.fromarray(np.ascontiguousarray(bgr[..., ::-1])))
    return b""


def _jpeg(picture: PictureFile) -> bytes:
    """Return a picture as a JPEG file, at most `WIDTH` pixels wide; OSError when it is cut off."""
    if picture.width > WIDTH:
        picture = picture.resize((WIDTH, max(1, round(picture.height * WIDTH / picture.width))))
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _clip(day: Day, incident: Mapping[Any, Any], footage: Footage, clips_dir: Path) -> tuple[str, float]:
    """Copy the footage around an incident into the report's own folder, where retention leaves it alone."""
    start = incident["start_utc"].to_pydatetime() - AROUND
    end = min(incident["end_utc"].to_pydatetime() + AROUND, start + LONGEST)
    local = incident["start_utc"].to_pydatetime().astimezone(day.zone)
    # Clocks that are set back show an hour twice.
    target = clips_dir / f"{local:%H%M%S}{'b' if local.fold else ''}.mp4"
    with suppress(LivemonError, FileNotFoundError):  # no footage, or its copy was cleared away at this moment
        clip = footage.clip(start, end)
        make_folder(clips_dir)
        target.unlink(missing_ok=True)  # the clip of the report before, which must stay what it is
        create(target)
        shutil.copyfile(clip.path, target)
        return f"{clips_dir.name}/{target.name}", (clip.end_utc - clip.start_utc).total_seconds()
    # A clip may have been cut for the report before, though its footage is not kept any more.
    return (f"{clips_dir.name}/{target.name}", _length_s(target)) if target.is_file() else ("", 0.0)


def _length_s(clip: Path) -> float:
    import av

    with av.open(str(clip)) as opened:
        return (opened.duration or 0) / av.time_base
