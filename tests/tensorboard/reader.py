#!/usr/bin/env python3
"""What TensorBoard itself reads of a run that was killed, resumed and rolled back: every step once, none missing.

    reader.py FOLDER_OF_PROGRAMS CONFIGURATION

CONFIGURATION is one that diverges. Ends with 77 where this Python has no tensorboard (python -m pip install tensorboard).
"""
import csv
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2
except ImportError as missing:
    print(f"skipped: {sys.executable} has no tensorboard: {missing}")
    sys.exit(77)

LOG_EVERY, SAMPLE_EVERY, STEPS = 5, 10, 123
ALL = {"scalars": 0, "images": 0, "histograms": 0, "tensors": 0}  # keep all of them
programs, config = pathlib.Path(sys.argv[1]), sys.argv[2]


def command(run, seed):
    settings = {"train.seed": seed, "train.steps": STEPS, "train.log_every": LOG_EVERY, "checkpoint.every": 10,
                "train.sample_every": SAMPLE_EVERY, "guard.policy": "rollback"}
    words = [programs / "cebm-train", "--config", config, "--out", run, "--resume", "--threads", "1", "--quiet"]
    return words + [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


def train(run, seed, kill_at=None):
    """Runs a training to its end, or kills it once its metrics have reached a step."""
    with subprocess.Popen(command(run, seed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while kill_at is not None and process.poll() is None:
            if rows(run / "metrics.csv")[-1:] and int(rows(run / "metrics.csv")[-1]["step"]) >= kill_at:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
        return process.wait()


def rows(file):
    if not file.exists():
        return []
    return [row for row in csv.DictReader(file.read_text().splitlines()) if None not in row.values()]


def read(folder):
    events = EventAccumulator(str(folder), size_guidance=ALL)
    events.Reload()
    return events


def due(every):
    return sorted({*range(every, STEPS + 1, every), STEPS})


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: expected {expected}, found {found}")


def check_run(run):
    events, tags = read(run), read(run).Tags()
    metrics = rows(run / "metrics.csv")
    names = [name for name in metrics[0] if name != "step"]
    check("tags of scalars", sorted(tags["scalars"]), sorted("train/" + name for name in names))
    for name in names:
        scalars = events.Scalars("train/" + name)
        check(name, [event.step for event in scalars], due(LOG_EVERY))
        for event, row in zip(scalars, metrics):
            if abs(event.value - float(row[name])) > 1e-6 * abs(float(row[name])):
                sys.exit(f"{name} of step {event.step}: expected {row[name]}, found {event.value}")
    check("tags of images", sorted(tags["images"]), ["data", "samples"])
    check("samples", [event.step for event in events.Images("samples")], due(SAMPLE_EVERY))
    for event in events.Images("samples"):
        png = (run / f"samples/step_{event.step:09d}.png").read_bytes()
        check(f"the picture of step {event.step}", event.encoded_image_string == png, True)
    check("tags of histograms", sorted(tags["histograms"]), ["train/energies_data", "train/energies_model"])
    for event in events.Histograms("train/energies_data"):
        mean = event.histogram_value.sum / event.histogram_value.num
        check("numbers in the histogram's bins", sum(event.histogram_value.bucket), event.histogram_value.num)
        check("means within the histogram", event.histogram_value.min <= mean <= event.histogram_value.max, True)
    text = events.Tensors("config/text_summary")[0].tensor_proto.string_val[0].decode()
    check("configuration", "".join(line[4:] + "\n" for line in text.splitlines()), (run / "config.yaml").read_text())
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    found = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    check("hyper-parameter train.steps", found["train.steps"].number_value, float(STEPS))
    check("hyper-parameter model.name", found["model.name"].string_value, "cebm")


def main():
    with tempfile.TemporaryDirectory() as folder:
        run, whole = pathlib.Path(folder) / "run", pathlib.Path(folder) / "whole"
        for seed in range(1, 41):  # which one diverges late enough depends on roundings
            run, whole = run.with_name(f"run{seed}"), whole.with_name(f"whole{seed}")
            if train(whole, seed) == 0 and len(rows(whole / "events.csv")) > 1:
                break
        found = int(rows(whole / "events.csv")[0]["step"])
        for kill_at in (found // 2, found - 2, found + 3):
            check("how the training ends", train(run, seed, kill_at), -signal.SIGKILL)
        check("how the training ends", train(run, seed), 0)
        check("rollbacks", rows(run / "events.csv"), rows(whole / "events.csv"))
        check_run(run)
        check_run(whole)
        name = "events.out.tfevents.0.cebm"
        check("equal to that of a run that nobody killed", (run / name).read_bytes() == (whole / name).read_bytes(), True)
        (run / name).unlink()
        (run / "eval/ood").mkdir(parents=True)
        (run / "eval/ood/result.json").write_text(
            '{"evaluator": "ood", "options": "", "provenance": {"step": 123}, "result": {"auroc": 0.5}}')
        subprocess.run([programs / "cebm-eval", "tensorboard", "--runs", run], check=True, stdout=subprocess.DEVNULL)
        events = read(run)
        check("converted scalars", [event.step for event in events.Scalars("train/loss")], due(LOG_EVERY))
        check("converted pictures", [event.step for event in events.Images("samples")], due(SAMPLE_EVERY))
        check("results", [(e.step, e.value) for e in read(run / "eval").Scalars("ood/auroc")], [(STEPS, 0.5)])
        print(f"seed {seed}: killed three times, {len(rows(run / 'events.csv'))} events; read as expected")


if __name__ == "__main__":
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    main()
