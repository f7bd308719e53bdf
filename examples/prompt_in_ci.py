"""A prompt tested in CI: the build fails when a changed prompt finds fewer dangers than the one that is live.

    python examples/prompt_in_ci.py [DATA_DIR]

With a key a real model is asked, within CAP_USD. Answers are kept in the data folder: a build that caches it pays for
changed prompts only. Without a key a stand-in answers by the labels: then only the way is tested.
"""

import sys

import livemon as lm

CAP_USD = 0.50
CLIPS = 4
"""A few clips of each build; the whole dataset belongs in a nightly job."""


def main(data_dir: str) -> int:
    """Compare two prompts on a few rendered clips, and return the exit code."""
    practice = lm.Practice(data_dir)
    lab = practice.monitor.lab
    everything = lab.from_scenes()
    dataset = everything.only([item for item in everything.items if item.truths][:CLIPS], "clips of a build")
    practice.teach(dataset, misses=0.0)
    # Pictures one by one: the stand-in recognises them so; a real model takes the sheet of the shipped prompt, too.
    live = practice.monitor.prompts.get("look_en").changed(layout="parts", frames=8)
    # In a repository: lm.Prompt of a file, as `livemon prompt check FILE` reads it.
    changed = live.changed(instructions=live.instructions + "\nSay where in the picture it happened.")
    experiment = lab.experiment(dataset, {"live": live, "changed": changed}, name="a build")
    experiment.run(cap_usd=CAP_USD, progress=False)
    scores = experiment.scores()  # a row an arm, in the order of the prompts
    print(scores[["arm", "truths", "found", "false_alerts"]])
    practice.close()
    before, after = scores["found"]
    return int(after < before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "data/lab"))
