"""Whether the camera shows anything at all: findings about the picture, and which frames can be reasoned about.

Remembers what is usual for the camera, so that a state is told when it begins and not in each look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livemon.vlm.local import light
from livemon.vlm.local.picture import Luma, ThumbnailSeries, texture
from livemon.vlm.local.wording import LocalFinding


@dataclass(slots=True)
class PictureHealth:
    """What one camera's picture was like in the looks before.

    Attributes
    ----------
    usual_texture
        Fine detail that the camera shows when nothing is wrong; 0.0 while unknown.
    noisy
        Frames of this camera have differed by noise, so identical frames mean something.
    dark, covered, frozen
        States that were told and still last.
    """

    usual_texture: float = 0.0
    noisy: bool = False
    dark: bool = False
    covered: bool = False
    frozen: bool = False

    def check(self, clip: ThumbnailSeries, pictures: list[Luma]) -> tuple[list[LocalFinding], list[bool]]:
        """Return findings, and for each frame whether anything can be seen on it."""
        dark = light.dark_frames(pictures)
        details = [texture(p) for p, d in zip(pictures, dark, strict=True) if not d]
        if not self.usual_texture and details:
            # The upper part of the first look: should the camera be covered in its middle, the rest tells.
            self.usual_texture = float(np.percentile(details, 80))
        gone = light.covered_frames(pictures, self.usual_texture)
        covered = [g and not d for g, d in zip(gone, dark, strict=True)]
        usable = [not d and not c for d, c in zip(dark, covered, strict=True)]

        findings = []
        was_dark = self.dark
        begun, self.dark = _begun(clip, dark, self.dark)
        if begun is not None:
            level = float(np.mean([pictures[i].mean() for i in range(*begun)]))
            detail = f"Mean brightness is {level:.0f} of 255."
            findings.append(_finding("picture_dark", clip, begun, 0.9, detail))
        if was_dark and not self.dark and not dark[-1]:
            light_again = dark.index(False), len(dark)
            detail = "The picture was dark and can be seen again."
            findings.append(_finding("lights_changed", clip, light_again, 0.8, detail))
        begun, self.covered = _begun(clip, covered, self.covered)
        if begun is not None:
            findings.append(_finding("picture_covered", clip, begun, 0.6, ""))
        frozen = self._freezes(clip, usable)
        if frozen and not self.frozen:
            detail = f"{light.identical_share(clip):.0%} of the frames repeat the one before, pixel for pixel."
            findings.append(_finding("picture_frozen", clip, (0, len(clip)), 0.4, detail))
        self.frozen = frozen
        clear = [texture(p) for p, ok in zip(pictures, usable, strict=True) if ok]
        if clear:
            self.usual_texture += 0.2 * (float(np.median(clear)) - self.usual_texture)
        return findings, usable

    def _freezes(self, clip: ThumbnailSeries, usable: list[bool]) -> bool:
        long_enough = clip.times_s[-1] - clip.times_s[0] >= light.FROZEN_MIN_S
        if not all(usable) or not long_enough:
            return False
        share = light.identical_share(clip)
        if share <= light.NOISY_SHARE:
            self.noisy = True
        return self.noisy and share >= light.FROZEN_SHARE


def _begun(clip: ThumbnailSeries, flags: list[bool], lasting: bool) -> tuple[tuple[int, int] | None, bool]:
    """Return frames [start, end) of a state that begins in this look, and whether it lasts at its end."""
    begun = None
    for start, end in light.runs(flags):
        continues = lasting and start == 0
        if not continues and begun is None and clip.times_s[end - 1] - clip.times_s[start] >= light.SUSTAINED_S:
            begun = (start, end)
    # A state that is not a second old at the end of the look is told by the next one.
    still = flags[-1] and ((begun is not None and begun[1] == len(flags)) or (lasting and all(flags)))
    return begun, still


def _finding(kind: str, clip: ThumbnailSeries, frames: tuple[int, int], confidence: float, detail: str) -> LocalFinding:
    start, end = frames
    evidence = (clip.utcs[(start + end) // 2], clip.utcs[start])
    return LocalFinding(kind, clip.utcs[start], clip.utcs[end - 1], evidence, confidence, detail)
