import { describe, expect, it } from 'vitest'
import type { Interceptor } from '../../engine/interceptor.ts'
import { MessageSender } from '../../engine/message-sender.ts'
import { hop } from './hop.ts'
import { ManualOutlet } from './manual-outlet.ts'

/** What a sender runs in the middle of an item is not its own code: a tracer, and getters. */
function open(grant: number, tracer?: Interceptor) {
  const outlet = new ManualOutlet()
  const sender = new MessageSender(outlet, 7, hop, tracer)
  sender.grant(grant, 1024 * 1024)
  return { outlet, sender }
}

describe('MessageSender', () => {
  it('has no more room than credit where its tracer throws', () => {
    const reason = new Error('no tracer of ours')
    const { sender } = open(3, {
      itemSent: () => {
        throw reason
      },
    })
    for (const left of [2, 1, 0]) {
      expect(() => sender.append('x', undefined)).toThrow(reason)
      expect(sender.hasRoom).toBe(left > 0)
    }
  })

  it('has no more room than credit where its tracer would send an item, too', () => {
    let left = 1
    const { outlet, sender } = open(1, {
      itemSent: () => {
        if (left-- > 0 && sender.hasRoom) sender.append('from the tracer', undefined)
        return false
      },
    })
    sender.append('x', undefined)
    expect(sender.hasRoom).toBe(false)
    outlet.flush()
    expect(outlet.items).toEqual(['x'])
  })

  it('sends an item only when all of it is there, though its getter has the channel write', async () => {
    const { outlet, sender } = open(10)
    sender.append({ a: 1, b: 2 }, undefined)
    const item = {
      a: 3,
      get b() {
        outlet.ready(sender, 'now')
        outlet.flush()
        return 4
      },
    }
    sender.append(item, undefined)
    expect(outlet.items).toEqual([])
    await Promise.resolve()
    outlet.flush()
    expect(outlet.items).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ])
  })
})
