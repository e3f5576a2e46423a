import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Meter, type MeterInput, type MeterState } from '../../pipelines/meter.ts'

const input = fc.nat({ max: 2 })
const event = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 1_000 }) }),
  fc.record({ kind: fc.constant('pulled' as const), input }),
  fc.record({ kind: fc.constant('answered' as const), input, isBatch: fc.boolean() }),
  fc.record({ kind: fc.constant('block' as const) }),
  fc.record({ kind: fc.constant('unblock' as const) }),
  fc.record({ kind: fc.constant('turn' as const) }),
)

describe('Meter, whatever happens to it', () => {
  it('puts each moment into one of the three times, that of the state it showed', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), fc.boolean(), (events, separateInputs) => {
        let now = 0
        let deferred: (() => void)[] = []
        const meter = new Meter({ clock: () => now, defer: (callback) => deferred.push(callback), separateInputs })
        const inputs = [meter.addInput(), meter.addInput(), meter.addInput()]
        let waitCount = 0
        let wrongCount = 0
        const expected: Record<MeterState, number> = { idle: 0, busy: 0, blocked: 0 }
        for (const each of events) {
          if (each.kind === 'pass') {
            expected[meter.read().state] += each.ms
            now += each.ms
          } else if (each.kind === 'pulled') meter.pulled(inputs[each.input] as MeterInput)
          else if (each.kind === 'answered') meter.answered(inputs[each.input] as MeterInput, each.isBatch)
          else if (each.kind === 'block') {
            waitCount += 1
            meter.beginBlocked()
          } else if (each.kind === 'unblock') {
            waitCount = Math.max(0, waitCount - 1)
            meter.endBlocked()
          } else {
            const callbacks = deferred
            deferred = []
            for (const callback of callbacks) callback()
            if ((meter.read().state === 'blocked') !== waitCount > 0) wrongCount += 1
          }
        }
        const { idleMs, busyMs, blockedMs } = meter.read()
        expect({ idle: idleMs, busy: busyMs, blocked: blockedMs }).toEqual(expected)
        expect(idleMs + busyMs + blockedMs).toBe(now)
        expect(wrongCount).toBe(0)
      }),
    )
  })
})
