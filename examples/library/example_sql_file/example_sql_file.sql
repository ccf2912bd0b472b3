-- One row for each metric: when, which, how much.
select
  current_timestamp as metric_timestamp,
  names.name as metric_name,
  {% include "./examples/shared/uniform.sql" %} as metric_value
from (select 'metric_1' as name union all select 'metric_2') as names
