CREATE TABLE `/Market/marts/Umsätze je Kunde & Region` AS
WITH orders AS (
    SELECT customer, SUM(amount) AS amount, COUNT(*) AS number
    FROM `/Market/clean/orders`
    GROUP BY customer
),
regions AS (
    SELECT c.customer, r.name AS region
    FROM `/Market/clean/customers` c
    JOIN `/Market/reference/regions` r ON r.region = c.region
)
SELECT orders.customer, regions.region, orders.amount, orders.number
FROM orders LEFT JOIN regions ON regions.customer = orders.customer
