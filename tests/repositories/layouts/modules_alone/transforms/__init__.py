from transforms.api import Output

RAW = Output("/Books/raw")
