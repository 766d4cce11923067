from transforms.api import Pipeline

from north import sales

pipeline = Pipeline()
pipeline.discover_transforms(sales)
