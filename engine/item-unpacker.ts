import { Unpackr } from 'msgpackr/pack'
import { asBuffer, codecOptions } from './codec.ts'
import { ProtocolError } from './errors.ts'
import { FlushCheck } from './flush-check.ts'

// What its sender may keep in the shapes of one stream: more than 64 of them take as a rule.
const maxShapeBytes = 256 * 1024

export interface ItemUnpackerOptions {
  /** The largest flush of the channel. */
  readonly maxFrameBytes: number
  /** How deep items may be nested, for a peer that may mean harm: then the bytes are checked before they are decoded. */
  readonly maxDepth?: number
}

/** Turns the runs of an `ItemPacker`, in their order, back into items. Each stream has its own, as each has its shapes. */
export class ItemUnpacker {
  readonly #unpackr: Unpackr = new Unpackr({ ...codecOptions(), mapsAsObjects: true })
  readonly #check: FlushCheck | undefined

  constructor({ maxFrameBytes, maxDepth }: ItemUnpackerOptions) {
    if (maxDepth !== undefined) this.#check = new FlushCheck({ maxDepth, maxFrameBytes, maxShapeBytes })
  }

  /** Throws `ProtocolError`; it is then spent, and the channel with it. */
  unpack(run: Uint8Array): unknown[] {
    let items: unknown
    try {
      this.#check?.check(asBuffer(run), 0, run.byteLength)
      items = this.#unpackr.unpack(run)
    } catch (error) {
      throw error instanceof ProtocolError ? error : new ProtocolError('undecodable items', { cause: error })
    }
    if (!Array.isArray(items)) throw new ProtocolError('items that are no array')
    return items
  }
}
