-- Columns per product
CREATE TABLE `/Market/marts/by_product` AS
SELECT * FROM (SELECT customer, product, amount FROM `/Market/clean/orders`)
PIVOT (SUM(amount) FOR product IN ('apple' AS apple, 'pear' AS pear))
