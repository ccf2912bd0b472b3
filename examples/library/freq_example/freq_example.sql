-- Usually from 0 to 1; once in a hundred readings something that is not usual.
{% for number in range(1, 4) %}
select
  current_timestamp() as metric_timestamp,
  'freq_random_{{ number }}' as metric_name,
  case
    when chance >= 0.01 then value
    when chance < 0.0025 then 10 * value
    when chance < 0.005 then -10 * value
    when chance < 0.0075 then 1 + exp(value)
    else ln(value + 0.0001)
  end as metric_value
from (select rand() as chance, rand() as value)
{% if not loop.last %}union all{% endif %}
{% endfor %}
