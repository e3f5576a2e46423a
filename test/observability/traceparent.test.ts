import { TraceFlags } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { formatTraceparent, isSampled, parseTraceparent } from '../../observability/traceparent.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

describe('A traceparent', () => {
  it('is written as the W3C has it', () => {
    expect(formatTraceparent({ traceId, spanId, traceFlags: TraceFlags.SAMPLED })).toBe(`00-${traceId}-${spanId}-01`)
    expect(formatTraceparent({ traceId, spanId, traceFlags: TraceFlags.NONE })).toBe(`00-${traceId}-${spanId}-00`)
  })

  it('is read back as a remote span', () => {
    const span = { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
    expect(parseTraceparent(formatTraceparent(span))).toEqual({ ...span, isRemote: true })
  })

  it('is sampled by its last bit alone', () => {
    const sampled = ['00', '01', '02', '03', 'ff'].filter((flags) => {
      const span = parseTraceparent(`00-${traceId}-${spanId}-${flags}`)
      return span !== undefined && isSampled(span)
    })
    expect(sampled).toEqual(['01', '03', 'ff'])
  })

  it('of a later version may have more fields', () => {
    expect(parseTraceparent(`cc-${traceId}-${spanId}-01-what-the-future-brings`)).toMatchObject({ traceId, spanId })
  })

  it.each([
    ['nothing', ''],
    ['another text', 'not a traceparent'],
    ['a short trace id', `00-${traceId.slice(1)}-${spanId}-01`],
    ['a long span id', `00-${traceId}-${spanId}0-01`],
    ['capitals', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['no flags', `00-${traceId}-${spanId}`],
    ['the forbidden version', `ff-${traceId}-${spanId}-01`],
    ['more fields than the first version has', `00-${traceId}-${spanId}-01-more`],
    ['a line break at the end', `00-${traceId}-${spanId}-01\n`],
  ])('is none with %s', (_what, text) => {
    expect(parseTraceparent(text)).toBeUndefined()
  })
})
