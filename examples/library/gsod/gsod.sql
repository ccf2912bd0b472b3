-- There is a table for each year; around New Year the days that are wanted lie in two of them.
with days as (
  select
    timestamp(gsod.date) as day,
    lower(stations.country) as country,
    avg(gsod.temp) as temp_avg,
    min(gsod.temp) as temp_min,
    max(gsod.temp) as temp_max
  from `bigquery-public-data.noaa_gsod.gsod*` as gsod
  join `bigquery-public-data.noaa_gsod.stations` as stations
    on gsod.stn = stations.usaf and gsod.wban = stations.wban
  where gsod._table_suffix between
      format_date('%Y', date_sub(current_date(), interval 14 day))
      and format_date('%Y', date_sub(current_date(), interval 5 day))
    and date(gsod.date) between date_sub(current_date(), interval 14 day) and date_sub(current_date(), interval 5 day)
    and stations.country in ('US', 'UK')
    and gsod.temp < 9999 -- what stands for no measurement
  group by day, country
)

select day as metric_timestamp, concat('gsod_', country, '_', metric) as metric_name, metric_value
from days
unpivot (metric_value for metric in (temp_avg, temp_min, temp_max))
