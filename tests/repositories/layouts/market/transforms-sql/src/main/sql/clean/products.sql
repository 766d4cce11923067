CREATE TABLE `/Market/clean/products`
AS SELECT
  p.name AS product,
  ROUND(p.price, 2) AS price
FROM `/Market/raw/products` AS p
