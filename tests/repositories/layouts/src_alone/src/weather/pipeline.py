from transforms.api import Pipeline

from weather import stations

PIPELINE = Pipeline()
PIPELINE.add_transforms(stations.compute)
