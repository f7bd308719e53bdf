import os
import sys

import pytest

from livemon.base.errors import SourceError
from livemon.stream import ffmpeg


def test_a_conversion_does_not_hear_the_terminals_ctrl_c() -> None:
    tell = "import os, sys; sys.stderr.write(str(os.getsid(0)))"
    assert int(ffmpeg.run([sys.executable, "-c", tell], timeout_s=30)) != os.getsid(0)


def test_a_failure_says_ffmpegs_last_line() -> None:
    with pytest.raises(SourceError, match="the last line"):
        ffmpeg.run(["sh", "-c", "echo the first >&2; echo the last line >&2; exit 1"], timeout_s=10)
