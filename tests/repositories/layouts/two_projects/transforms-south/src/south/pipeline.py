from transforms.api import Pipeline

from south import sales

pipeline = Pipeline()
pipeline.discover_transforms(sales)
