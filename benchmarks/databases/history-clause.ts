/** What the client is asked for: the rows of a history, in an order that the table's key has once batch and type are given. */
export const HISTORY =
  "WHERE metric_batch = 'bench' AND metric_type = 'metric' ORDER BY metric_batch, metric_name, metric_type, metric_timestamp"
