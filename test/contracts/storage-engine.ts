/** One kind of model storage under test. */
export interface StorageEngine {
  /** What the tests are listed under. */
  readonly name: string
  /** Its name in the catalog. */
  readonly kind: string
  start(): Promise<void>
  stop(): Promise<void>
  /** An empty place, and the options that lead there. */
  fresh(): Promise<StoragePlace>
  /** Places that are not there, or not ours, and what is said of them. */
  readonly wrong?: () => Readonly<Record<string, StoragePlace & { readonly says: RegExp }>>
  /** Checks that the engine cannot meet, with the reason. */
  readonly exemptions: Readonly<Partial<Record<StorageCheck, string>>>
}

export interface StoragePlace {
  readonly modelPath: string
  readonly options: Readonly<Record<string, unknown>>
}

/** Checks that an engine may be exempt from. */
export type StorageCheck = 'conditions' | 'ifMatch of parts' | 'long keys'
