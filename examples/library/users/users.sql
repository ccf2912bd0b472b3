with drawn as materialized (
  {% for region in params.regions %}
  select
    '{{ region }}' as region,
    100 * ({% include "./examples/shared/uniform.sql" %} + {% include "./examples/shared/uniform.sql" %}) as total,
    25 * ({% include "./examples/shared/uniform.sql" %} + {% include "./examples/shared/uniform.sql" %}) as active
  {% if not loop.last %}union all{% endif %}
  {% endfor %}
)

select current_timestamp as metric_timestamp, 'users_total_' || region as metric_name, total as metric_value from drawn
union all
select current_timestamp, 'users_active_' || region, active from drawn
union all
select current_timestamp, 'users_active_rate_' || region, active / nullif(total, 0) from drawn
