CREATE TABLE `/Market/marts/inactive` AS
SELECT `/Market/clean/customers`.customer
FROM `/Market/clean/customers`
WHERE NOT EXISTS (SELECT 1 FROM `/Market/clean/orders` o WHERE o.customer = `/Market/clean/customers`.customer)
