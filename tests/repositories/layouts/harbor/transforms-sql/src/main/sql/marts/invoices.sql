-- What each call costs: its fee per ton and started hour. One row per call.
CREATE TABLE `/Harbor/marts/invoices` AS
SELECT
    calls.call,
    calls.ship,
    calls.year,
    CAST(calls.tons * ceil(calls.hours) * fees.fee AS DECIMAL(14, 2)) AS amount
FROM `/Harbor/clean/calls` AS calls
JOIN `ri.foundry.main.dataset.d0000000-0000-0000-0000-000000000001` AS fees
    ON calls.year = fees.year
