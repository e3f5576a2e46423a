import { StringDecoder } from 'node:string_decoder'
import { type Batch, batch } from '../../engine/index.ts'
import type { Decoder } from './decoder.ts'

/** The encodings that text can be read in. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'latin1'

/** As many items as one frame of a stream holds. */
const batchCount = 512

/** Decodes bytes into batches of items. Throws what the bytes' source or the decoder throws; ends with the bytes. */
export async function* decodeChunks(
  chunks: AsyncIterable<Uint8Array>,
  decoder: Decoder,
  encoding: TextEncoding = 'utf-8',
): AsyncGenerator<Batch<unknown>> {
  const bytes = new StringDecoder(encoding === 'utf-16le' ? 'utf16le' : encoding)
  let atStart = true
  for await (const chunk of chunks) {
    let text = bytes.write(chunk)
    if (text === '') continue
    if (atStart && text.startsWith('\ufeff')) text = text.slice(1)
    atStart = false
    yield* batchesOf(decoder.push(text))
  }
  const tail = bytes.end()
  if (tail !== '') yield* batchesOf(decoder.push(tail))
  yield* batchesOf(decoder.end())
}

function* batchesOf(items: readonly unknown[]): Generator<Batch<unknown>> {
  if (items.length > 0 && items.length <= batchCount) {
    yield batch(items)
    return
  }
  for (let from = 0; from < items.length; from += batchCount) yield batch(items.slice(from, from + batchCount))
}
