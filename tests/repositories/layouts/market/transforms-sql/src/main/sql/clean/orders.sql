/*
 * Orders with a day and a positive amount.
 * One row per order.
 */
create table `/Market/clean/orders`
    tblproperties (foundry_transform_profiles = 'LEGACY_TIME_PARSER_POLICY, DRIVER_MEMORY_LARGE')
as
select
    id,
    customer,
    product,
    to_date(ordered, 'dd-MMM-yy') as day, -- 5-Feb-24: only the older parser takes one digit
    amount,
    split(tags, ',') as tags
from `/Market/raw/orders`
where amount > 0
;
