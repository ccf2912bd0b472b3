-- The table is published with some days of delay. It is partitioned by refresh_date: naming the days that are meant keeps the query cheap.
with recent as (
  select refresh_date, week, score
  from `bigquery-public-data.google_trends.top_terms`
  where refresh_date >= date_sub(current_date(), interval 14 day)
),
newest as (
  select refresh_date, score
  from recent
  where true
  qualify dense_rank() over (order by refresh_date desc, week desc) = 1
),
spread as (
  select
    timestamp(refresh_date) as metric_timestamp,
    avg(score) as score_avg,
    cast(sum(score) as float64) as score_sum,
    cast(min(score) as float64) as score_min,
    cast(max(score) as float64) as score_max,
    cast(approx_quantiles(score, 100)[offset(50)] as float64) as score_p50,
    cast(approx_quantiles(score, 100)[offset(90)] as float64) as score_p90
  from newest
  group by metric_timestamp
)

select metric_timestamp, concat('gtrends_', metric_name) as metric_name, metric_value
from spread
unpivot (metric_value for metric_name in (score_avg, score_sum, score_min, score_max, score_p50, score_p90))
