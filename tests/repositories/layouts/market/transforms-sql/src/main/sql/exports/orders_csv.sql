CREATE TABLE `/Market/exports/orders`
USING csv OPTIONS (header = 'true', compression = 'bzip2')
AS SELECT id, customer, CAST(day AS STRING) AS day FROM `/Market/clean/orders` DISTRIBUTE BY customer SORT BY id
