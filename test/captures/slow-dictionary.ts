import { setTimeout as delay } from 'node:timers/promises'

/** Looks every hundredth word up, which takes a while. */
export async function* withMeaning(words: AsyncIterable<string>): AsyncGenerator<string> {
  let count = 0
  for await (const word of words) {
    if (count++ % 100 === 0) await delay(5)
    yield word
  }
}
