import { describe, expect, it } from 'vitest'
import { isStockTemplate, TEMPLATE_KEYS } from '../../src/config/stock-templates.ts'
import { createTemplates } from '../../src/templates/templates.ts'
import { faultLines, load } from './project-folder.ts'

/** Every key that the defaults of the original set, as the original spells them. */
const DEFAULTS = `
############################################
## Some defaults for all metric batches.  ##
############################################

db: "duckdb"
table_key: "metrics"
disable_dashboard: False
dashboard_stale_metric_max_days_ago: 7
model_path: "local://./models"
model_configs:
  - model_name: "PCA"
    model_tag: "pca_default"
    model_params:
      contamination: 0.01
  - model_name: "KNN"
    model_tag: "knn_default"
    model_params:
      contamination: 0.01
model_combination_method: "mean"
train_max_n: 2500
train_metric_timestamp_max_days_ago: 90
train_min_n: 14
score_max_n: 25
score_metric_timestamp_max_days_ago: 14
preprocess_params:
  diff_n: 1
  smooth_n: 3
  lags_n: 5
  freq: null
  freq_agg: 'mean'
alert_methods: "email,slack"
alert_always: False
alert_metric_timestamp_max_days_ago: 45
alert_recent_n: 1
alert_max_n: 250
alert_smooth_n: 3
alert_snooze_n: 3
alert_threshold: 0.8
disable_tholdalert: True
tholdalert_methods: "email,slack"
tholdalert_recent_n: 1
tholdalert_snooze_n: 3
change_metric_timestamp_max_days_ago: 45
change_max_n: 250
change_smooth_n: 1
change_snooze_n: 3
change_threshold: 3.5
change_detect_last_n: 1
llmalert_model: "gpt-5-mini"
llmalert_recent_n: 5
llmalert_smooth_n: 0
llmalert_metric_rounding: -1
llmalert_metric_timestamp_max_days_ago: 30
llmalert_prompt_max_n: 1000
llmalert_include_plot: True
ingest_cron_schedule: "*/3 * * * *"
ingest_default_schedule_status: 'STOPPED'
train_cron_schedule: "*/5 * * * *"
train_default_schedule_status: 'STOPPED'
score_cron_schedule: "*/4 * * * *"
score_default_schedule_status: 'STOPPED'
alert_cron_schedule: "*/5 * * * *"
alert_default_schedule_status: 'STOPPED'
change_cron_schedule: "*/5 * * * *"
change_default_schedule_status: 'STOPPED'
llmalert_cron_schedule: "*/5 * * * *"
llmalert_default_schedule_status: 'STOPPED'
plot_cron_schedule: "*/5 * * * *"
plot_default_schedule_status: 'STOPPED'
delete_cron_schedule: "0 6 * * *"
delete_default_schedule_status: 'STOPPED'
summary_cron_schedule: "0 9 * * *"
train_sql: >
  {% include "./defaults/sql/train.sql" %}
score_sql: >
  {% include "./defaults/sql/score.sql" %}
alert_sql: >
  {% include "./defaults/sql/alerts.sql" %}
change_sql: >
  {% include "./defaults/sql/change.sql" %}
plot_sql: >
  {% include "./defaults/sql/plot.sql" %}
llmalert_sql: >
  {% include "./defaults/sql/llmalert.sql" %}
dashboard_sql: >
  {% include "./defaults/sql/dashboard.sql" %}
delete_sql: >
  {% include "./defaults/sql/delete.sql" %}
summary_sql: >
  {% include "./defaults/sql/summary.sql" %}
preprocess_fn: >
  {% include "./defaults/python/preprocess.py" %}
prompt_fn: >
  {% include "./defaults/python/prompt.py" %}
disable_batch: False
ingest_metric_rounding: 4
score_metric_rounding: 4
summary_metric_timestamp_max_days_ago: 1
disable_ingest: False
disable_train: False
disable_score: False
disable_alert: False
disable_change: False
disable_llmalert: True
disable_plot: False
disable_summary: False
disable_delete: False
delete_after_n_days: 365
`

const FILES = {
  'metrics/defaults/defaults.yaml': DEFAULTS,
  'metrics/defaults/sql/train.sql':
    "select 1 {% if train_exclude_metrics is defined %}not in ({{ ','.join(train_exclude_metrics) }}){% endif %}",
  'metrics/defaults/python/preprocess.py': 'def preprocess(df, **params):\n    return df\n',
  'metrics/examples/jinja/jinja.yaml': `
metric_batch: "example_jinja"
table_key: "metrics_jinja"
disable_llmalert: False
alert_always: True
metrics: [metric_one, metric_two]
tholdalert_thresholds:
  metric_one:
    upper: 10
ingest_sql: >
  {% include "./examples/jinja/example_jinja.sql" %}
`,
  'metrics/examples/jinja/example_jinja.sql': `{% set factors = ['1', '2'] %}
{% for metric in metrics %}
select '{{ metric }}' as metric_name, {{ ' + '.join(factors) }} as metric_value
{% if not loop.last %}union all{% endif %}
{% endfor %}
-- {{ ','.join(metrics) }} always={{ alert_always }} freq={{ preprocess_params.freq }} {% include "examples/jinja/tail.sql" %}
`,
  'metrics/examples/jinja/tail.sql': 'table={{ table_key }}\n',
  'metrics/examples/simple/python_ingest_simple.yaml': `
metric_batch: "python-ingest-simple"
ingest_fn: >
  {% include "./examples/simple/ingest.py" %}
model_configs:
  - model_name: "IForest"
    model_params: {contamination: 0.05}
`,
  'metrics/examples/simple/ingest.py':
    'import pandas as pd\n\ndef ingest() -> pd.DataFrame:\n    return pd.DataFrame()\n',
}

describe('a metrics folder of the original', () => {
  it('loads without a fault, as the original would', async () => {
    const project = await load(FILES, {
      ANOMSTACK__PYTHON_INGEST_SIMPLE__INGEST_DEFAULT_SCHEDULE_STATUS: 'RUNNING',
    })
    expect(faultLines(project)).toEqual([])
    expect([...project.batches.keys()]).toEqual(['example_jinja', 'python-ingest-simple'])
    const python = project.batches.get('python-ingest-simple')
    expect(python?.settings).toMatchObject({
      ingest_default_schedule_status: 'RUNNING',
      model_configs: [{ model_name: 'IForest' }],
    })
    expect(python?.sources).toMatchObject([
      { kind: 'function', language: 'python', file: 'metrics/examples/simple/ingest.py' },
    ])
    expect(project.batches.get('example_jinja')?.settings).toMatchObject({
      table_key: 'metrics_jinja',
      alert_always: true,
    })
  })

  it('renders its queries as Jinja2 does', async () => {
    const project = await load(FILES)
    const batch = project.batches.get('example_jinja')
    const source = batch?.sources[0]
    if (batch === undefined || source === undefined) throw new Error('the batch was not loaded')
    const text = createTemplates(project.metricsDir).render(source.text, batch.variables, {
      batch: batch.name,
      file: source.file,
    })
    expect(text).toBe(
      [
        '',
        '',
        "select 'metric_one' as metric_name, 1 + 2 as metric_value",
        'union all',
        '',
        "select 'metric_two' as metric_name, 1 + 2 as metric_value",
        '',
        '',
        '-- metric_one,metric_two always=True freq=None table=metrics_jinja',
      ].join('\n'),
    )
    const train = createTemplates(project.metricsDir).render(batch.settings.train_sql, batch.variables, {
      batch: batch.name,
    })
    expect(train).toBe('select 1 ')
  })

  it('its stock queries and functions are known as such', async () => {
    const project = await load(FILES)
    const settings = project.batches.get('example_jinja')?.settings
    if (settings === undefined) throw new Error('the batch was not loaded')
    for (const key of TEMPLATE_KEYS) expect([key, isStockTemplate(key, settings[key])]).toEqual([key, true])
    expect(isStockTemplate('train_sql', "{%include './defaults/sql/train.sql'%}")).toBe(true)
    expect(isStockTemplate('train_sql', '{% include "./defaults/sql/score.sql" %}')).toBe(false)
    expect(isStockTemplate('train_sql', '{% include "./defaults/sql/train.sql" %} limit 5')).toBe(false)
    expect(isStockTemplate('delete_sql', 'delete from t')).toBe(false)
  })
})
