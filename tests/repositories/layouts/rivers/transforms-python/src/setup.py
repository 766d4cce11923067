import os

from setuptools import find_packages, setup

setup(
    name=os.environ["PKG_NAME"],
    version=os.environ["PKG_VERSION"],
    packages=find_packages(exclude=["contrib", "docs", "test"]),
    entry_points={"transforms.pipelines": ["root = rivers.pipeline:my_pipeline"]},
)
