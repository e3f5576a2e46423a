import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeChunks } from '../../../pipelines/formats/decode-chunks.ts'
import { createLineDecoder } from '../../../pipelines/formats/line-decoder.ts'
import { collectItems, itemsOf } from '../stage.ts'

const text = fc
  .array(fc.constantFrom('a', 'é', '𝄞', '日', '\n', '\r\n', '\r', ' '), { maxLength: 40 })
  .map((parts) => parts.join(''))

function linesOf(whole: string): string[] {
  const lines = whole.split('\n').map((line) => line.replace(/\r$/, ''))
  if (whole.endsWith('\n') || whole === '') lines.pop()
  return lines
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let at = 0
  for (const size of sizes) chunks.push(bytes.subarray(at, (at += size)))
  return [...chunks, bytes.subarray(at)]
}

describe('Splitting bytes into lines', () => {
  it('gives the same lines however the bytes are cut', async () => {
    const sizes = fc.array(fc.nat({ max: 5 }), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(text, sizes, fc.boolean(), async (whole, cuts, hasMark) => {
        const bytes = new TextEncoder().encode((hasMark ? '\ufeff' : '') + whole)
        const lines = await collectItems(decodeChunks(itemsOf(...cut(bytes, cuts)), createLineDecoder('text')))
        // A last line that a lone return ends keeps it: it is no line break.
        const expected = linesOf(whole)
        const last = expected.length - 1
        if (!whole.endsWith('\n') && whole.endsWith('\r')) expected[last] += '\r'
        expect(lines).toEqual(expected)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})
