"""Run every benchmark, one after the other: about an hour on an idle machine; the soak is another hour."""

import camera_cost
import cameras
import cost
import daily_report
import event_delay
import gate
import latency
import load
import look_overhead
import many_cameras
import startup
import transcode

startup.main(7)
transcode.main(180.0)
cameras.main(100.0)
event_delay.main(240.0)
camera_cost.main(600.0)
many_cameras.main(100, 300.0)
latency.main(180.0)
gate.main()
cost.main()
look_overhead.main(40)
daily_report.main(500, 200)
load.main(500, 100, 120.0)
