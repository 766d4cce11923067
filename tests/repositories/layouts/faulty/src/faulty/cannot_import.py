from transforms.api import Output, transform_df

import a_library_that_nobody_has


@transform_df(Output("/Faulty/cannot import"))
def compute(ctx):
    return a_library_that_nobody_has.frame(ctx)
