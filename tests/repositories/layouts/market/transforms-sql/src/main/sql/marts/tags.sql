CREATE TABLE `/Market/marts/tags` AS
SELECT tag, COUNT(DISTINCT id) AS number
FROM `/Market/clean/orders`
LATERAL VIEW EXPLODE(tags) t AS tag
GROUP BY tag
HAVING tag IS NOT NULL
