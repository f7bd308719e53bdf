"""Run every benchmark, one after the other; about fifteen minutes on a machine that does nothing else."""

import cameras
import event_delay
import startup
import transcode

startup.main(7)
transcode.main(180.0)
cameras.main(100.0)
event_delay.main(240.0)
