CREATE TABLE `/Market/marts/board` AS
SELECT score, COUNT(*) AS customers, SUM(COUNT(*)) OVER () AS all_customers
FROM `/Market/scores`
GROUP BY score
