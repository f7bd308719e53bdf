"""A real RTSP camera for tests: GStreamer's server on loopback. Run by a Python that has `gi` (Debian: python3-gi).

    python3 rtsp_server.py --port 8554 [--codec h264|h265|mjpeg] [--size 320x240] [--fps 25] [--gop 25]
                           [--audio aac|pcma] [--user U --password P] [--bframes 2]

It prints `ready` when it listens.
"""

import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

VIDEO = {
    "h264": "x264enc tune=zerolatency threads=1 speed-preset=ultrafast key-int-max={gop} bitrate={bitrate}"
    " bframes={bframes} ! video/x-h264,profile={profile} ! rtph264pay name=pay0 pt=96 config-interval=-1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max={gop} bitrate={bitrate}"
    " ! rtph265pay name=pay0 pt=96 config-interval=-1",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}
AUDIO = {
    "aac": "audio/x-raw,rate=16000,channels=1 ! voaacenc ! rtpmp4gpay name=pay1 pt=97",
    "pcma": "audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", required=True)
    parser.add_argument("--codec", default="h264", choices=VIDEO)
    parser.add_argument("--size", default="320x240")
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--gop", type=int, default=25)
    parser.add_argument("--bframes", type=int, default=0)
    parser.add_argument("--bitrate", type=int, default=300)
    parser.add_argument("--audio", choices=AUDIO)
    parser.add_argument("--user")
    parser.add_argument("--password")
    options = parser.parse_args()
    width, height = options.size.split("x")
    Gst.init(None)
    profile = "main" if options.bframes else "baseline"
    encoder = VIDEO[options.codec].format(
        gop=options.gop, bitrate=options.bitrate, bframes=options.bframes, profile=profile
    )
    launch = (
        "( videotestsrc is-live=true pattern=ball"
        f" ! video/x-raw,width={width},height={height},framerate={options.fps}/1"
        f" ! videoconvert ! video/x-raw,format=I420 ! {encoder}"
    )
    if options.audio:
        launch += f" audiotestsrc is-live=true volume=0.1 ! audioconvert ! {AUDIO[options.audio]}"
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch + " )")
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    if options.user:
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, options.password), token)
        server.set_auth(auth)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("user", "media.factory.access", True)
        permissions.add_permission_for_role("user", "media.factory.construct", True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory("/cam", factory)
    if server.attach(None) == 0:
        sys.exit(f"port {options.port} is taken")
    print("ready", flush=True)
    GLib.MainLoop().run()


main()
