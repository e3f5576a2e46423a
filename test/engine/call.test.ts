import { describe, expect, it } from 'vitest'
import { callSettingsOf } from '../../engine/call.ts'

describe('The options of a call', () => {
  it('have of headers what an HTTP request has of them, as texts', () => {
    const headers = { traceparent: '00-…', tracestate: undefined, baggage: ['tenant=acme', 'a later one'], none: [] }
    expect(callSettingsOf({ timeoutMs: 5, headers })).toEqual({
      timeoutMs: 5,
      headers: { traceparent: '00-…', baggage: 'tenant=acme' },
    })
    expect(callSettingsOf({ timeoutMs: 5 })).toEqual({ timeoutMs: 5 })
  })
})
