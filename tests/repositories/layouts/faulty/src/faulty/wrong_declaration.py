from transforms.api import Input, Output, transform_df

# what makes transforms of functions may be called as well as written above them
compute = transform_df(Output("/Faulty/wrong"), source=Input("/Faulty/sound"))(lambda sauce: sauce)
