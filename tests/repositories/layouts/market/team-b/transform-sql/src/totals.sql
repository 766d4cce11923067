CREATE TABLE `/Market/team b/totals` AS
SELECT COALESCE(region, 'all') AS region, SUM(amount) AS amount
FROM `/Market/marts/Umsätze je Kunde & Region`
GROUP BY GROUPING SETS ((region), ())
