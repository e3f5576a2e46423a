// Counts the primes below a number with one actor for each core. The actors share the blocks of numbers between them; the
// results come in the order of the blocks, whichever actor is done first.
//
// node examples/cluster.ts [limit]
import { defineActor, openCluster } from 'actorflow'

interface Block {
  from: number
  to: number
}

function findPrimes({ from, to }: Block) {
  const primes: number[] = []
  for (let n = from; n < to; n++) if (isPrime(n)) primes.push(n)
  return primes
}

function isPrime(n: number) {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false
  return n > 1
}

export const calculator = defineActor(import.meta.url, { findPrimes })

// Read only as far as the actors get on with it.
function* blocksBelow(limit: number, size = 10_000): Generator<Block> {
  for (let from = 0; from < limit; from += size) yield { from, to: Math.min(from + size, limit) }
}

async function main() {
  const limit = Number(process.argv[2] ?? 1_000_000)
  await using pool = await openCluster({ definition: calculator, name: 'calculator' })
  let count = 0
  let last: number | undefined
  for await (const primes of pool.map(blocksBelow(limit), 'findPrimes')) {
    count += primes.length
    last = primes.at(-1) ?? last
  }
  console.log(`${count} primes below ${limit}, the last of them ${last}`)
}

if (import.meta.main) await main()
