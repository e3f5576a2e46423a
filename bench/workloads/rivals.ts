import type { Contender } from '../harness/workload.ts'

const names = {
  'message-port': 'MessagePort between threads, by hand',
  ndjson: 'node:http, lines of JSON',
  ws: 'ws, msgpackr',
  rsocket: 'RSocket, msgpackr',
  grpc: 'gRPC-js, msgpackr',
}

type Rival = keyof typeof names

/** So many of each as take it about a second. */
function rivals(counts: Partial<Record<Rival, number>>, args: (count: string) => readonly string[]): Contender[] {
  return Object.entries(counts).map(([rival, count]) => ({
    name: names[rival as Rival],
    program: `rivals/${rival}.ts`,
    args: args(String(count)),
  }))
}

export const smallStreamRivals: readonly Contender[] = rivals(
  { 'message-port': 3_000_000, ndjson: 500_000, ws: 200_000, rsocket: 160_000, grpc: 120_000 },
  (count) => ['--count', count],
)

export const largeStreamRivals: readonly Contender[] = rivals(
  { 'message-port': 120_000, ws: 12_000, rsocket: 7000, grpc: 5000 },
  (count) => ['--count', count, '--size', '65536'],
)

export function unaryRivals(inFlight: 1 | 100): readonly Contender[] {
  const counts =
    inFlight === 1
      ? { 'message-port': 30_000, ndjson: 5000, ws: 12_000, rsocket: 10_000, grpc: 2500 }
      : { 'message-port': 130_000, ndjson: 12_000, ws: 80_000, rsocket: 80_000, grpc: 7000 }
  return rivals(counts, (count) => ['--calls', count, '--inflight', String(inFlight)])
}
