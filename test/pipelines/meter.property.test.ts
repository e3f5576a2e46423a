import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Meter, type MeterState } from '../../pipelines/meter.ts'

const input = fc.nat({ max: 2 })
const event = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 1_000 }) }),
  fc.record({ kind: fc.constant('pulled' as const), input }),
  fc.record({ kind: fc.constant('answered' as const), input, isBatch: fc.boolean() }),
  fc.record({ kind: fc.constant('block' as const) }),
  fc.record({ kind: fc.constant('unblock' as const) }),
  fc.record({ kind: fc.constant('read' as const) }),
)

describe('Meter, whatever happens to it', () => {
  it('puts each moment into one of the three times, that of the state it showed', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), fc.boolean(), (events, separateInputs) => {
        let now = 0
        const meter = new Meter({ clock: () => now, separateInputs })
        const inputs = [{}, {}, {}]
        const waits: (() => void)[] = []
        const expected: Record<MeterState, number> = { idle: 0, busy: 0, blocked: 0 }
        for (const each of events) {
          if (each.kind === 'pass') {
            expected[meter.read().state] += each.ms
            now += each.ms
          } else if (each.kind === 'pulled') meter.pulled(inputs[each.input] as object)
          else if (each.kind === 'answered') meter.answered(inputs[each.input] as object, each.isBatch)
          else if (each.kind === 'block') waits.push(meter.beginBlocked())
          else if (each.kind === 'unblock') waits.shift()?.()
          else meter.read()
          expect(meter.read().state === 'blocked').toBe(waits.length > 0)
        }
        const { idleMs, busyMs, blockedMs } = meter.read()
        expect({ idle: idleMs, busy: busyMs, blocked: blockedMs }).toEqual(expected)
        expect(idleMs + busyMs + blockedMs).toBe(now)
      }),
    )
  })
})
