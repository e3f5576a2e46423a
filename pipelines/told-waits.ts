import type { StageContext } from './stage-context.ts'

/** The chunks that a source reads; the stage is told of each wait for one, and what it is for. */
export async function* toldWaits<T>(chunks: AsyncIterable<T>, stage: StageContext, what: string): AsyncGenerator<T> {
  let endWait = stage.beginWait?.('input', what)
  try {
    for await (const chunk of chunks) {
      endWait?.()
      yield chunk
      endWait = stage.beginWait?.('input', what)
    }
  } finally {
    endWait?.()
  }
}
