import pandas as pd
from transforms.api import Input, Output, transform


@transform.using(sound=Output("/Faulty/sound"))
def compute(sound):
    sound.write_table(pd.DataFrame({"n": [1, 2, 3]}))


@transform.using(sound=Input("/Faulty/sound"), copy=Output("/Faulty/copy of sound"))
def copy(sound, copy):
    copy.write_table(sound.pandas())
