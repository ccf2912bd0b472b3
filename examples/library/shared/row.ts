/** What a function returns: a value of a metric at a time. A time as text that names no zone is in the batch's `time_zone`. */
export interface Row {
  readonly metric_timestamp: Date | string
  readonly metric_name: string
  readonly metric_value: number
}
