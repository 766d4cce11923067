CREATE TABLE `/Market/marts/names` AS
SELECT customer AS name, 'customer' AS kind FROM `/Market/clean/customers`
UNION ALL
SELECT product, 'product' FROM `/Market/clean/products`
UNION
SELECT name, 'region' FROM `/Market/reference/regions`
