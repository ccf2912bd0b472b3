-- Materialized, so that the rate is that of the two numbers beside it: otherwise each use of a column may draw anew.
with created as materialized (
  select 0.1 + 1.9 * {% include "./examples/shared/uniform.sql" %} as deals
),
sold as materialized (
  select {% include "./examples/shared/uniform.sql" %} as deals
)

select current_timestamp as metric_timestamp, 'sales_pipeline_deals_created' as metric_name, deals as metric_value
from created
union all
select current_timestamp, 'sales_pipeline_deals_sold', deals
from sold
union all
select current_timestamp, 'sales_pipeline_success_rate', sold.deals / created.deals
from sold cross join created
