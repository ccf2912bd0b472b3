with cities (city, first_code, last_code) as (
  select *
  from (values
    ('houston', 77001, 77299),
    ('dallas', 75201, 75398),
    ('austin', 78701, 78799),
    ('san_antonio', 78201, 78299),
    ('los_angeles', 90001, 91609),
    ('new_york', 10001, 10292),
    ('san_francisco', 94101, 94188),
    ('miami', 33101, 33299),
    ('chicago', 60601, 60699),
    ('washington_dc', 20001, 20020),
    ('phoenix', 85001, 85099)
  )
),
forecast as (
  select
    cities.city,
    avg(days.tot_precipitation_in) as avg_precipitation_in,
    avg(days.tot_snowfall_in) as avg_snowfall_in
  from global_weather__climate_data_for_bi.standard_tile.forecast_day as days
  join cities
    on days.country = 'US' and try_to_number(days.postal_code) between cities.first_code and cities.last_code
  where days.date_valid_std between current_date() and dateadd(day, 3, current_date())
  group by cities.city
)

select current_timestamp() as metric_timestamp, 'fcast3d_' || city || '_avg_precipitation_in' as metric_name, avg_precipitation_in as metric_value
from forecast
union all
select current_timestamp(), 'fcast3d_' || city || '_avg_snowfall_in', avg_snowfall_in
from forecast
