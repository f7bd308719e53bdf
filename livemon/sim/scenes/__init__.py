"""Demo clips: a playroom rendered by code, with exact ground truth.

A child plays, climbs, falls, naps; a cat and an adult come and go; the light goes off. The clips replace a camera until
there is one, and their labels come from the same script as their pictures.

    script (`day`) ──► actors' states (`actions`, `pose`) ──► shapes (`figures`) ──┬─► pictures ──► files (`render`)
                                                                                └─► labels (`truth`)

The script of the demo is `day`, that of the lab `lab_days`.

Nothing here knows cameras, models or events; other modules only see video files. Importing is cheap: OpenCV is
loaded when the first picture is painted.
"""

from livemon.sim.scenes.clip import FPS, SceneClip
from livemon.sim.scenes.render import (
    clip_names,
    draw_frame,
    render_clips,
    render_demo_clips,
    render_lab_days,
    scene_clip,
)
from livemon.sim.scenes.truth import EventLabel, Label, ground_truth

__all__ = [
    "FPS",
    "EventLabel",
    "Label",
    "SceneClip",
    "clip_names",
    "draw_frame",
    "ground_truth",
    "render_clips",
    "render_demo_clips",
    "render_lab_days",
    "scene_clip",
]
