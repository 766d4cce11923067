CREATE TABLE `/Market/marts/latest_orders` TBLPROPERTIES (foundry_transform_profile = 'SHUFFLE_PARTITIONS_SMALL') AS
SELECT /*+ REPARTITION(1) */ customer, product, day
FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY day DESC, id DESC) AS rank
    FROM `/Market/clean/orders`
) ranked
WHERE rank = 1
