import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { MessageSender } from '../../engine/message-sender.ts'
import { hop } from './hop.ts'
import { ManualOutlet } from './manual-outlet.ts'

type Step =
  | { readonly kind: 'send'; readonly item: string | Uint8Array; readonly times: number }
  | { readonly kind: 'grant'; readonly count: number; readonly bytes: number }
  | { readonly kind: 'flush' }

const times = fc.oneof(fc.constant(1), fc.nat(600))
const items = fc.oneof(
  fc.oneof(fc.nat(20), fc.nat(2000)).map((length) => 'x'.repeat(length)),
  // Large ones travel beside what is packed, from 8 KiB on.
  fc.integer({ min: 8000, max: 100_000 }).map((length) => new Uint8Array(length)),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send'), item: items, times }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('grant'),
      count: fc.oneof(fc.nat(20), fc.nat(1000)),
      bytes: fc.nat(300_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush') }) },
)

describe('MessageSender', () => {
  it('has room exactly as long as its batch and the credit have, and asks once to be sent when it has none', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const outlet = new ManualOutlet()
        const sender = new MessageSender(outlet, 7, hop, undefined)
        let batch = { count: 0, packed: 0, large: 0 }
        let granted = { count: 0, bytes: 0 }
        const nowCount = () => outlet.asked.filter((when) => when === 'now').length
        const hasRoom = () => {
          const { count, bytes } = sender.status
          const inBatch = batch.count < 1024 && batch.packed < 64 * 1024 && batch.large < 192 * 1024
          return inBatch && count < granted.count && bytes < granted.bytes
        }
        for (const each of steps) {
          if (each.kind === 'grant') {
            granted = { count: granted.count + each.count, bytes: granted.bytes + each.bytes }
            sender.grant(granted.count, granted.bytes)
          } else if (each.kind === 'flush') {
            outlet.flush()
            batch = { count: 0, packed: 0, large: 0 }
          } else {
            for (let n = 0; n < each.times && sender.hasRoom; n += 1) {
              const before = sender.status.bytes
              const nowBefore = nowCount()
              sender.append(each.item, undefined)
              const weight = sender.status.bytes - before
              const isLarge = weight >= 8 * 1024
              batch = {
                count: batch.count + 1,
                packed: batch.packed + (isLarge ? 0 : weight),
                large: batch.large + (isLarge ? weight : 0),
              }
              assert.equal(sender.hasRoom, hasRoom())
              assert.equal(nowCount() - nowBefore, hasRoom() ? 0 : 1)
            }
          }
          assert.equal(sender.hasRoom, hasRoom())
        }
      }),
    )
  })
})
