import type { PostedSpan } from '../observability/otlp-request.ts'

/** A span, and whose it is. */
export interface ReceivedSpan extends PostedSpan {
  readonly service: string
  readonly instance: string
}

/** How the tree of a trace is written. */
export interface SpanTreeOptions {
  /** What is written of a span, in brackets after its name, beside how it ended. */
  readonly show?: (span: ReceivedSpan) => string | undefined
  /** Which spans there are; those below one that is left out hang on the one above it. All of them where absent. */
  readonly only?: (span: ReceivedSpan) => boolean
}

const errorCode = 2

/**
 * The traces as text, each span on a line of its own below its parent: the service, the name, and in brackets what is special
 * about it. Siblings are in the order of their lines, so that the same trace is the same text at each run. Throws if a
 * span's parent or the other end of a link is not there.
 */
export function spanTrees(spans: readonly ReceivedSpan[], options: SpanTreeOptions = {}): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  for (const { service, name, parentSpanId, links } of spans) {
    for (const id of [parentSpanId, ...links.map((link) => link.spanId)]) {
      if (id !== undefined && !byId.has(id)) throw new Error(`${service}: ${name} refers to ${id}, which is not there`)
    }
  }
  const { only = () => true } = options
  const shown = spans.filter(only)
  const parentOf = (span: ReceivedSpan): string | undefined => {
    let parent = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId)
    while (parent !== undefined && !only(parent)) {
      parent = parent.parentSpanId === undefined ? undefined : byId.get(parent.parentSpanId)
    }
    return parent?.spanId
  }
  const children = Map.groupBy(shown, parentOf)
  const write = (span: ReceivedSpan, indent: string): string => {
    const below = (children.get(span.spanId) ?? []).map((child) => write(child, `${indent}  `))
    return [`${indent}${describe(span, byId, options)}`, ...below.sort(byText)].join('\n')
  }
  return (children.get(undefined) ?? []).map((root) => write(root, '')).sort(byText)
}

function describe(span: ReceivedSpan, byId: ReadonlyMap<string, ReceivedSpan>, { show }: SpanTreeOptions): string {
  const linked = [...Map.groupBy(span.links, (link) => lineOf(byId.get(link.spanId)))]
  const notes = [
    show?.(span),
    span.attributes['actorflow.item.dropped'] === true ? 'dropped' : undefined,
    span.attributes['actorflow.cancelled'] === true ? 'cancelled' : undefined,
    span.status?.code === errorCode
      ? `error ${String(span.attributes['error.type'])}: ${span.status.message}`
      : undefined,
    ...linked.map(([line, links]) => `made of ${links.length} x ${line}`),
  ].filter((note) => note !== undefined && note !== '')
  return `${lineOf(span)}${notes.map((note) => ` [${note}]`).join('')}`
}

function byText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

function lineOf(span: ReceivedSpan | undefined): string {
  return `${span?.service}: ${span?.name}`
}
