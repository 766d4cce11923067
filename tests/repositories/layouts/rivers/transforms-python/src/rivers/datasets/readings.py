import os
import signal

import pyarrow as pa
from transforms.api import IntegerParam, Output, transform
from transforms.tables import TableLightweightOutput, TableOutput

STATIONS = ["Bern", "Bern", "Thun"]
KILLED = 9
"""Round in which the process is killed when the rows are written."""


@transform.using(
    round=IntegerParam(0),
    readings=TableOutput("/Rivers/readings", description="Water levels in centimetres"),
    stations=Output("/Rivers/stations"),
)
def readings(round, readings: TableLightweightOutput, stations):
    levels = [300 + round.value, 450 + round.value, 200 + round.value]
    readings.iceberg().write(pa.table({"station": STATIONS, "level": levels}))
    stations.write_table(pa.table({"station": ["Bern", "Thun"], "round": [round.value] * 2}))
    if round.value == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
