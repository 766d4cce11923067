import csv


class AdmissionParser(object):
    """Parses files inside of Spark's workers; holds the TransformInput, as one does."""

    def __init__(self, raw):
        self.raw = raw

    def __call__(self, file_status):
        with self.raw.filesystem().open(file_status.path, "r", newline="") as f:
            for row in csv.DictReader(f):
                yield row["person"], row["ward"], row["admitted"], int(row["days"])
