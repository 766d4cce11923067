def compute(:
    pass
