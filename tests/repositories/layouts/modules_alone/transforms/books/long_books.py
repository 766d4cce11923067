from transforms.api import Input, Output, transform


@transform.using(raw=Input("/Books/raw"), long_books=Output("/Books/long"))
def compute(raw, long_books):
    books = raw.pandas()
    long_books.write_table(books[books.pages > 500])
