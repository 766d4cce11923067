CREATE TABLE `/Market/marts/prices`
USING parquet
AS (
    SELECT o.id, CAST(o.amount * p.price AS DECIMAL(18, 2)) AS price,
        CASE WHEN o.amount > (SELECT AVG(amount) FROM `/Market/clean/orders`) THEN 'big' ELSE 'small' END AS size
    FROM `/Market/clean/orders` o, `/Market/clean/products` p
    WHERE o.product = p.product
)
