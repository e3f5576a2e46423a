import { parseArgs } from 'node:util'
import { driveCalls } from '../work/calls.ts'
import { report } from '../work/figures.ts'
import { type SmallItem, Tally } from '../work/small-items.ts'
import { rateOf } from '../work/stream-rate.ts'

/** A large item as it arrives, which need not be in a `Buffer`. */
interface ReadLargeItem {
  readonly id: number
  readonly bytes: Uint8Array
}

export type Item = SmallItem | ReadLargeItem

/** What the server is asked to stream: small items, or with a size large ones. */
export interface StreamRequest {
  readonly count: number
  readonly size: number
}

/** A client that has its connection already. */
export interface Rival {
  /** Hands over item by item, as its own event does: an async iterator on top would only cost it more. */
  readStream(request: StreamRequest, onItem: (item: Item) => void): Promise<void>
  call(item: SmallItem): Promise<SmallItem>
  close(): void
}

export interface RivalOptions {
  readonly inFlight: number
}

/**
 * Does what the arguments say: `--count N [--size BYTES]` reads a stream, `--calls N --inflight K` makes calls. Reports the
 * figures of it.
 */
export async function runRival(connect: (options: RivalOptions) => Promise<Rival>): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100' },
      size: { type: 'string', default: '0' },
      calls: { type: 'string' },
      inflight: { type: 'string', default: '1' },
    },
  })
  const inFlight = Number(values.inflight)
  const rival = await connect({ inFlight })
  if (values.calls === undefined) await runStream(rival, { count: Number(values.count), size: Number(values.size) })
  else report(await driveCalls((item) => rival.call(item), { count: Number(values.calls), inFlight }))
  rival.close()
}

async function runStream(rival: Rival, { count, size }: StreamRequest): Promise<void> {
  const drain = async (n: number) => {
    const tally = new Tally()
    await rival.readStream({ count: n, size }, (item) => {
      if (size > 0) checkBytes(item as ReadLargeItem, size)
      tally.add(item)
    })
    tally.check(n)
  }
  report(await rateOf(drain, count, { itemBytes: size }))
}

function checkBytes({ id, bytes }: ReadLargeItem, size: number): void {
  const lowest = id & 255
  if (bytes.byteLength === size && bytes[0] === lowest && bytes[size - 4] === lowest) return
  throw new Error(`the bytes of item ${id} are not what was sent`)
}
