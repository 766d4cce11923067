-- The highest level of each station, as a table
CREATE TABLE `/Rivers/highest` USING iceberg AS
SELECT station, MAX(level) AS level
FROM `/Rivers/readings`
GROUP BY station
