CREATE TABLE `/Market/reference/regions` AS
SELECT * FROM VALUES ('N', 'North'), ('S', 'South') AS regions(region, name)
