"""Scripts that end without `close()`: everything is given back all the same, and nothing is printed about it."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import make_video

BEGIN = """
import sys, time
from pathlib import Path
import livemon as lm
folder = Path(sys.argv[1])
"""
MONITOR = """
cameras = {'cam': {'source': str(folder / 'videos')}}
monitor = lm.Monitor(data_dir=folder / 'data', cameras=cameras, model='local')
"""

SCRIPTS = {
    "a monitor": MONITOR + "print(monitor.stats('cam'))",
    "the lab": MONITOR + "data = monitor.lab.from_folder(folder / 'videos')\n"
    "print(monitor.lab.experiment(data, models='local').run(progress=False).scores())",
    "an experiment with a progress bar": MONITOR + "data = monitor.lab.from_folder(folder / 'videos')\n"
    "monitor.lab.experiment(data, models='local').run()",
    "a running camera": MONITOR + "monitor.start('cam')\n"
    "while not list(monitor.camera('cam').hls_folder.glob('*')): time.sleep(0.1)",
    "a camera that has just been started": MONITOR + "monitor.start('cam')",
    "a server": MONITOR + "print(monitor.serve(port=0).url)",
    "a server and a running camera": MONITOR + "monitor.start('cam'); monitor.serve(port=0)\n"
    "while not list(monitor.camera('cam').hls_folder.glob('*')): time.sleep(0.1)",
    "a stand-in": "practice = lm.Practice(folder / 'data')\n"
    "data = practice.monitor.lab.from_folder(folder / 'videos'); practice.teach(data)\n"
    "prompt = practice.monitor.prompts.get('look_en').changed(layout='parts', frames=4)\n"
    "print(practice.monitor.lab.experiment(data, {'mine': prompt}).run(0.1, progress=False).status)",
    "two monitors": MONITOR + MONITOR.replace("monitor =", "other =").replace("'data'", "'other'"),
    "an error of its own": MONITOR + "monitor.start('cam'); sys.exit('this is the script saying so')",
}


def commands() -> list[str]:
    """Return the command lines of all processes."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_text(errors="replace"))
    return found


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_script_that_does_not_close_ends_quietly(name: str, tmp_path: Path) -> None:
    video = make_video(tmp_path / "videos" / "a.mp4", duration_s=4, size="320x240")
    label = '{"duration_s": 4, "events": [{"start_s": 1, "end_s": 2, "type": "person_falls", "severity": "danger"}]}'
    (video.parent / "labels").mkdir()
    (video.parent / "labels" / "a.mp4.json").write_text(label)
    script = tmp_path / "script.py"
    script.write_text(BEGIN + SCRIPTS[name])
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    said = "this is the script saying so"
    own = name == "an error of its own"
    assert done.returncode == (1 if own else 0), done.stderr
    for trouble in ("Traceback", "Exception", "Error", "never awaited", "Task was destroyed"):
        assert trouble not in done.stderr, done.stderr
    assert (said in done.stderr) == own
    assert not [one for one in commands() if str(tmp_path) in one], "an ffmpeg runs on"
