"""The naive way: read every frame with OpenCV, pipe what is kept to an encoder for the stream and one for the archive.

python benchmarks/naive_camera.py URL FOLDER
"""

from __future__ import annotations

import subprocess
import sys

import cv2

RAW = "-f rawvideo -pix_fmt bgr24 -s 640x480 -r 5 -i -".split()
H264 = "-c:v libx264 -preset veryfast -crf 23 -g 10 -pix_fmt yuv420p".split()


def main(url: str, folder: str) -> None:
    quiet = ["ffmpeg", "-v", "error", "-y"]
    stream = [*quiet, *RAW, *H264, "-f", "hls", "-hls_time", "10", f"{folder}/live.m3u8"]
    archive = [*quiet, *RAW, *H264, "-f", "segment", "-segment_time", "600", f"{folder}/archive%d.mp4"]
    encoders = [subprocess.Popen(command, stdin=subprocess.PIPE) for command in (stream, archive)]
    capture = cv2.VideoCapture(url)
    number = 0
    while True:
        there, frame = capture.read()
        if not there:
            break
        number += 1
        if number % 5 == 0:  # 25 frames a second become 5
            picture = cv2.resize(frame, (640, 480)).tobytes()
            for encoder in encoders:
                assert encoder.stdin
                encoder.stdin.write(picture)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
