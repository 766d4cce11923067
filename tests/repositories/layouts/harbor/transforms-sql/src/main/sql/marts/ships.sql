CREATE TABLE `/Harbor/marts/ships` AS
SELECT ship, count(*) AS calls, sum(amount) AS amount
FROM `/Harbor/marts/invoices`
GROUP BY ship
