"""Data in which a few samples are not like the rest: series of the Numenta benchmark, and mammograms."""

from __future__ import annotations

import json
import os

import numpy as np

from pellucid.datasets.files import TextFile
from pellucid.datasets.samples import Samples
from pellucid.datasets.series import Series

NUMENTA = "https://raw.githubusercontent.com/numenta/NAB/master/"
SERIES = {                                               # its folder, checksum, steps of a day, what it is
    "nyc_taxi": ("realKnownCause", "d8fa6f7f0734bf5c8be12c52a94e20a82664c397d9dec4449156bd453d32856d", 48,
                 "passengers of New York's taxis per half hour"),
    "ambient_temperature_system_failure": (
        "realKnownCause", "230b68ccca20f59d562afd5d24ad52939c9b784386bed0054018358bf9120581", 24,
        "temperature of an office, in degrees Fahrenheit, per hour"),
    "ec2_request_latency_system_failure": (
        "realKnownCause", "98378580aa80157e057c61d59d81daddccc6c65a2c0c800e3f01f603b8215c3f", 288,
        "processor load of a server, in per cent, per 5 minutes"),
    "ec2_cpu_utilization_5f5533": (
        "realAWSCloudwatch", "01613e6f632d067f11a5dfd40a188b0789752b388d9bc77a398bd06333878a76", 288,
        "processor load of a server, in per cent, per 5 minutes"),
    "art_daily_jumpsup": (
        "artificialWithAnomaly", "f79f92b93ee4f9c10e2dc552505e8880b0c618639ed5e0f9816e044b75c26456", 288,
        "a daily rise and fall made by a formula, per 5 minutes"),
    "art_daily_small_noise": (
        "artificialNoAnomaly", "c4b304229f69f108eaa024fb2406fcd4510c5c5d95cd0053e2da6989682e4e6d", 288,
        "the same without any anomaly"),
}
WINDOWS = TextFile("nab", "combined_windows.json",
                   "1e1fbc4601321aad8d0f8b3784c8134299379f68f6c1f7777565f8ffd57ab6b1",
                   (f"{NUMENTA}labels/combined_windows.json",), ("anomaly/nab",))
MAMMOGRAPHY = TextFile("mammography", "mammography.csv",
                       "7d3dea3f075f30bbdbb8980e7725684059b4fe3d0f850fadd0f635f6993d8730",
                       ("https://raw.githubusercontent.com/jbrownlee/Datasets/master/mammography.csv",),
                       ("anomaly",))


def nab(name: str = "nyc_taxi", root: str | os.PathLike[str] | None = None) -> tuple[Series, np.ndarray]:
    """A series of the Numenta Anomaly Benchmark, and for each time whether it lies in an anomaly's window.

    The names: nyc_taxi, ambient_temperature_system_failure, ec2_request_latency_system_failure,
    ec2_cpu_utilization_5f5533, art_daily_jumpsup, art_daily_small_noise. A window reaches to both sides of
    what was noticed, so that a finding a little early or late counts. The files combined_windows.json and,
    with its folder before its name, as in realKnownCause__nyc_taxi.csv, the series are looked for as
    `tinyshakespeare` says, also in the folder anomaly/nab.

    Shapes:  values (T, 1), period a day; labels (T,) bool
    Source:  Lavin & Ahmad 2015, "Evaluating Real-time Anomaly Detection Algorithms", arXiv:1510.03336; MIT.
    Raises:  ValueError for another name; else as `mnist`.
    """
    if name not in SERIES:
        raise ValueError(f"nab: name must be one of {', '.join(SERIES)}, got {name!r}")
    folder, checksum, period, what = SERIES[name]
    file = TextFile("nab", f"{folder}__{name}.csv", checksum, (f"{NUMENTA}data/{folder}/{name}.csv",),
                    ("anomaly/nab",))
    rows = [line.split(",") for line in file.read(root).split("\n")[1:] if line]
    times = np.array([row[0].replace(" ", "T") for row in rows], "datetime64[s]")
    values = np.array([row[1:] for row in rows], np.float32)
    is_odd = np.zeros(len(times), bool)
    for begin, end in json.loads(WINDOWS.read(root))[f"{folder}/{name}.csv"]:
        first, last = (np.datetime64(at.replace(" ", "T")) for at in (begin, end))
        is_odd |= (times >= first) & (times <= last)
    series = Series(times, values, ("value",), period, name, what, "Numenta Anomaly Benchmark, MIT")
    return series, is_odd


def mammography(root: str | os.PathLike[str] | None = None) -> Samples:
    """Spots found in mammograms: 260 of 11,183 are microcalcifications, class 1, which may mean cancer.

    mammography.csv, gzipped or not, is looked for as `tinyshakespeare` says, also in the folder anomaly.

    Shapes:  x (11183, 6), y (11183,)
    Source:  Woods et al. 1993, "Comparative Evaluation of Pattern Recognition Techniques for Detection of
             Microcalcifications in Mammography", IJPRAI 7(6). No licence is stated with it.
    Raises:  as `mnist`.
    """
    rows = [line.split(",") for line in MAMMOGRAPHY.read(root).split()]
    return Samples(np.array([row[:-1] for row in rows], np.float32),
                   np.array([row[-1] == "'1'" for row in rows], np.int64), ("other", "microcalcification"),
                   name="mammography", description="spots in mammograms by six measurements",
                   source="Woods et al. 1993, IJPRAI 7(6)")
