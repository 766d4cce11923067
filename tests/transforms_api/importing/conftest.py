"""Files from outside, as a test writes them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.fixture
def source(tmp_path):
    """source({file name: text, bytes or Arrow table}) → the folder of files from outside, with these added."""

    def make(files):
        for name, content in files.items():
            file = tmp_path / "source" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, pa.Table):
                pq.write_table(content, file)
            else:
                file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / "source"

    return make
