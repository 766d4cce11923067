CREATE TABLE `ri.foundry.main.dataset.c0000000-0000-0000-0000-000000000002` AS
SELECT name AS customer, region
FROM `ri.foundry.main.dataset.c0000000-0000-0000-0000-000000000001`
