"""Series that were measured: passengers of airlines, the temperature of a transformer's oil."""

from __future__ import annotations

import os

import numpy as np

from pellucid.datasets.files import TextFile
from pellucid.datasets.series import Series

AIRLINE = TextFile("airline_passengers", "airline-passengers.csv",
                   "8cb51be753a718d9be5d76d7e238cc224792754676adc21faa59e954b0201621",
                   ("https://raw.githubusercontent.com/jbrownlee/Datasets/master/airline-passengers.csv",),
                   ("timeseries",))
ETTH1 = TextFile("etth1", "ETTh1.csv", "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
                 ("https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/ETTh1.csv",),
                 ("timeseries",))


def airline_passengers(root: str | os.PathLike[str] | None = None) -> Series:
    """Passengers of international airlines in each of 144 months, 1949 to 1960, in thousands.

    airline-passengers.csv is looked for as `tinyshakespeare` says, also in the folder timeseries.

    Shapes:  values (144, 1), period 12
    Source:  Box & Jenkins 1976, "Time Series Analysis: Forecasting and Control", series G. No licence is
             stated with it.
    Raises:  as `mnist`.
    """
    rows = [line.split(",") for line in AIRLINE.read(root).split()[1:]]
    return Series(np.array([row[0].strip('"') for row in rows], "datetime64[M]"),
                  np.array([row[1:] for row in rows], np.float32), ("passengers",), 12, "airline passengers",
                  "passengers of international airlines per month, in thousands",
                  "Box & Jenkins 1976, Time Series Analysis: Forecasting and Control, series G")


def etth1(root: str | os.PathLike[str] | None = None) -> Series:
    """An electricity transformer, hour by hour, July 2016 to June 2018: six loads, and OT, its oil's
    temperature in degrees Celsius, which is what one wants to foresee.

    ETTh1.csv, gzipped or not, is looked for as `tinyshakespeare` says, also in the folder timeseries.

    Shapes:  values (17420, 7), period 24
    Source:  Zhou et al. 2021, "Informer", AAAI, arXiv:2012.07436; CC BY-ND 4.0.
    Raises:  as `mnist`.
    """
    head, *lines = ETTH1.read(root).splitlines()
    rows = [line.split(",") for line in lines]
    return Series(np.array([row[0].replace(" ", "T") for row in rows], "datetime64[h]"),
                  np.array([row[1:] for row in rows], np.float32), tuple(head.split(",")[1:]), 24, "ETTh1",
                  "loads and oil temperature of an electricity transformer, per hour",
                  "Zhou et al. 2021, Informer: Beyond Efficient Transformer, AAAI")
