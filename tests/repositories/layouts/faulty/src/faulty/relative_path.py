from transforms.api import Output

OUTPUT = Output("Faulty/relative")
