/** What a span is to its trace; `producer` and `consumer` are the two of a hop. */
export type SpanKindName = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'

/** Another span that one was made of. */
export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
}

/** What happened while a span lasted. */
export interface SpanEvent {
  readonly name: string
  readonly atMs: number
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A span as it was recorded. */
export interface Span extends SpanLink {
  /** Undefined for the first span of a trace. */
  readonly parentId: string | undefined
  /** Whose it is: `service.name` and `service.instance.id`. */
  readonly service: string
  readonly instance: string | undefined
  readonly name: string
  readonly kind: SpanKindName
  /** In milliseconds since 1970, by the clock of the process that it is of. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly SpanLink[]
  readonly events: readonly SpanEvent[]
  /** Why it failed, if it did. */
  readonly error: string | undefined
}
