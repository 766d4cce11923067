from transforms.api import Output, lightweight, transform
from transforms.external.systems import Source, external_systems


@lightweight(cpu_cores=4)
@external_systems(directory=Source("ri.magritte..source.station-directory"))
@transform(out=Output("/Stations/names"))
def names(directory, out):
    connection = directory.get_https_connection()
    response = connection.get_client().get(
        connection.url + "/stations", headers={"Authorization": "Bearer " + directory.get_secret("token")}, timeout=10
    )
    response.raise_for_status()
    import pandas as pd

    out.write_pandas(pd.DataFrame(response.json()))
