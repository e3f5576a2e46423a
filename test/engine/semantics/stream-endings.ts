import type { Cell, Sight } from '../../support/matrix.ts'

/** What each side sees; of a producer that can learn it in two ways, either. */
export interface Seen extends Omit<Sight, 'producer'> {
  readonly producer: string | readonly string[]
}

/** One way in which a producer and a consumer meet, and what each side sees of it. */
export interface Row extends Pick<Cell, 'first' | 'producer' | 'consumer'> {
  readonly sees: Seen
  /** Where a context differs from `portal.stream(...)`. */
  readonly context?: Partial<Seen>
  /** Where it differs if the consumer is the producer's parent. The nursery is the consumer's own, there. */
  readonly parent?: Partial<Seen>
  readonly parentContext?: Partial<Seen>
}

type Differences = Pick<Row, 'context' | 'parent' | 'parentContext'>
type Saw = Pick<Row, 'sees'> & Differences

function at(
  producer: Seen['producer'],
  consumer: Seen['consumer'],
  nursery: Seen['nursery'],
  differences: Differences = {},
): Saw {
  return { sees: { producer, consumer, nursery }, ...differences }
}

function rowsOf(
  first: Row['first'],
  producer: Row['producer'],
  byConsumer: Partial<Record<Row['consumer'], Saw>>,
): Row[] {
  return Object.entries(byConsumer).map(([consumer, saw]) => {
    return { first, producer, consumer: consumer as Row['consumer'], ...saw }
  })
}

/** What is right for that cell. */
export function expectationFor(row: Row, { family, kind }: Cell): Seen {
  const sibling = kind === 'stream' ? row.sees : { ...row.sees, ...row.context }
  if (family === 'siblings') return sibling
  return { ...sibling, ...row.parent, ...(kind === 'context' ? row.parentContext : {}) }
}

// What the consumer's function throws is the nursery's to throw; from its own actor if the nursery is another's.
const mine = 'RemoteActorError of consumer: mine'
const noMore = 'RemoteActorError of producer: no more of them'
const cleanUp = 'RemoteActorError of producer: the clean-up failed'
const byRoot = 'ContextCancelledError by root'
const byRootThere = `RemoteActorError of consumer (${byRoot})`
const broken = 'ChannelBrokenError to producer'
const brokenThere = `RemoteActorError of consumer (${broken})`

// The loss of the producer that the consumer saw follows from the exit, and is not thrown beside it.
const exit = 'ActorExitError of producer'
const exitAnd = (failure: string): string => `AggregateError (${exit}; ${failure})`
const consumerExit = 'ActorExitError of consumer'
// The nursery had asked the second to end for the death of the first; but it was killed before it did, by another hand.
const bothExits = `AggregateError (${consumerExit}; ${exit})`

const both = (first: string, second: string): string => `SuppressedError (${first}; ${second})`
const bothThere = (first: string, second: string): string => `RemoteActorError of consumer (${both(first, second)})`

// The one notices by itself that the other has gone, or is told so by the nursery of both.
const consumerGone = ['ChannelBrokenError to consumer', byRoot]
const consumerGoneThenFinally = consumerGone.map((why) => `${why}, finally`)

/** A consumer that learns by itself that the producer has vanished. */
const lost = (producer: Seen['producer'], items: 'some' | 'all' | 'the window'): Saw =>
  at(producer, `${items}: ${broken}, finally`, exit, { parent: { consumer: `${items}: ${exit}, finally` } })

/** The same for one that throws. */
const lostAndThrows = (producer: Seen['producer']): Saw =>
  at(producer, 'some: Error: mine, finally', exitAnd(mine), {
    context: {
      consumer: `some: ${both(broken, 'Error: mine')}, finally`,
      nursery: exitAnd(bothThere(brokenThere, mine)),
    },
    parent: { nursery: exitAnd('Error: mine') },
    parentContext: {
      consumer: `some: ${both(exit, 'Error: mine')}, finally`,
      nursery: exitAnd(both(exit, 'Error: mine')),
    },
  })

/**
 * The producer's turn comes first. What it said has arrived, and but for 'reads on' most of it is unread, when the consumer
 * has its turn.
 */
const producerFirst: readonly Row[] = [
  ...rowsOf('producer', 'ends', {
    'reads on': at('its end, finally', 'all: its end, finally', 'resolves'),
    breaks: at('its end, finally', 'some: its end, finally', 'resolves'),
    throws: at('its end, finally', 'some: Error: mine, finally', mine, { parent: { nursery: 'Error: mine' } }),
    'is cancelled': at('its end, finally', `some: ${byRoot}, finally`, 'resolves', { parent: { nursery: byRoot } }),
    'is killed': at('its end, finally', 'nothing', consumerExit, { parent: { nursery: 'nothing' } }),
    'stops reading': at('its end, finally', 'the window: its end, finally', 'resolves', {
      context: { consumer: 'the window and one: its end, finally' },
    }),
  }),
  ...rowsOf('producer', 'throws', {
    'reads on': at('RangeError: no more of them, finally', `all: ${noMore}, finally`, noMore),
    // A stream that is left is no concern any more; a context is an agreement of two tasks, and says how it failed.
    breaks: at('RangeError: no more of them, finally', 'some: its end, finally', 'resolves', {
      context: { consumer: `some: ${noMore}, finally`, nursery: noMore },
    }),
    throws: at('RangeError: no more of them, finally', 'some: Error: mine, finally', mine, {
      context: { consumer: `some: ${both(noMore, 'Error: mine')}, finally`, nursery: bothThere(noMore, mine) },
      parent: { nursery: 'Error: mine' },
      parentContext: { nursery: both(noMore, 'Error: mine') },
    }),
    'is cancelled': at('RangeError: no more of them, finally', `some: ${byRoot}, finally`, 'resolves', {
      context: { consumer: `some: ${both(noMore, byRoot)}, finally`, nursery: bothThere(noMore, byRootThere) },
      parent: { nursery: byRoot },
      parentContext: { nursery: both(noMore, byRoot) },
    }),
    'is killed': at('RangeError: no more of them, finally', 'nothing', consumerExit, {
      parent: { nursery: 'nothing' },
    }),
    'stops reading': at('RangeError: no more of them, finally', `the window: ${noMore}, finally`, noMore, {
      context: { consumer: `the window and one: ${noMore}, finally` },
    }),
  }),
  ...rowsOf('producer', 'is cancelled', {
    'reads on': at(`${byRoot}, finally`, `all: ${byRoot}, finally`, byRootThere, {
      parent: { nursery: byRoot },
    }),
    breaks: at(`${byRoot}, finally`, 'some: its end, finally', 'resolves', {
      context: { consumer: `some: ${byRoot}, finally`, nursery: byRootThere },
      parentContext: { nursery: byRoot },
    }),
    throws: at(`${byRoot}, finally`, 'some: Error: mine, finally', mine, {
      context: { consumer: `some: ${both(byRoot, 'Error: mine')}, finally`, nursery: bothThere(byRootThere, mine) },
      parent: { nursery: 'Error: mine' },
      parentContext: { nursery: both(byRoot, 'Error: mine') },
    }),
    'is cancelled': at(`${byRoot}, finally`, `some: ${byRoot}, finally`, 'resolves', { parent: { nursery: byRoot } }),
    'is killed': at(`${byRoot}, finally`, 'nothing', consumerExit, { parent: { nursery: 'nothing' } }),
    'stops reading': at(`${byRoot}, finally`, `the window: ${byRoot}, finally`, byRootThere, {
      parent: { nursery: byRoot },
    }),
  }),
  ...rowsOf('producer', 'is killed', {
    'reads on': lost('nothing', 'all'),
    breaks: at('nothing', 'some: its end, finally', exit, {
      context: { consumer: `some: ${broken}, finally` },
      parentContext: { consumer: `some: ${exit}, finally` },
    }),
    throws: lostAndThrows('nothing'),
    // By its nursery already, for the death of the other.
    'is cancelled': at('nothing', `some: ${byRoot}, finally`, exit, {
      parent: { consumer: 'some: ContextCancelledError by consumer, finally' },
    }),
    'is killed': at('nothing', 'nothing', bothExits, { parent: { nursery: 'nothing' } }),
    'stops reading': lost('nothing', 'the window'),
  }),
  ...rowsOf('producer', 'is frozen', {
    'reads on': lost('nothing', 'all'),
    breaks: lost('nothing', 'some'),
    throws: lostAndThrows('nothing'),
    'is cancelled': at('nothing', `some: ${byRoot}, finally`, exit),
    // Without its parent, nobody is left who would kill it: it ends as soon as it is thawed.
    'is killed': at('nothing', 'nothing', bothExits, {
      parent: { producer: 'ChannelBrokenError to consumer, finally', nursery: 'nothing' },
    }),
    'stops reading': lost('nothing', 'the window'),
  }),
]

/**
 * The consumer's turn comes first, and it waits for the end of its producer; that has its turn in its `finally`. Whatever
 * becomes of it there, what it sees is why it was left.
 */
const consumerFirst: readonly Row[] = [
  ...rowsOf('consumer', 'ends', {
    breaks: at('ContextCancelledError by consumer, finally', 'some: its end, finally', 'resolves'),
    throws: at('ContextCancelledError by consumer, finally', 'some: Error: mine, finally', mine, {
      parent: { nursery: 'Error: mine' },
    }),
    'is cancelled': at('ContextCancelledError by consumer, finally', `all: ${byRoot}, finally`, 'resolves', {
      parent: { nursery: byRoot },
    }),
    'is killed': at(consumerGoneThenFinally, 'nothing', consumerExit, {
      parent: { producer: 'ChannelBrokenError to consumer, finally', nursery: 'nothing' },
    }),
  }),
  ...rowsOf('consumer', 'throws', {
    breaks: at('ContextCancelledError by consumer, finally', `some: ${cleanUp}, finally`, cleanUp),
    // As JavaScript has it: what a loop body throws is thrown, and what return() throws then is dropped.
    throws: at('ContextCancelledError by consumer, finally', 'some: Error: mine, finally', mine, {
      context: { consumer: `some: ${both(cleanUp, 'Error: mine')}, finally`, nursery: bothThere(cleanUp, mine) },
      parent: { nursery: 'Error: mine' },
      parentContext: { nursery: both(cleanUp, 'Error: mine') },
    }),
    'is cancelled': at('ContextCancelledError by consumer, finally', `all: ${cleanUp}, finally`, cleanUp, {
      context: { consumer: `all: ${both(cleanUp, byRoot)}, finally`, nursery: bothThere(cleanUp, byRootThere) },
      parentContext: { nursery: both(cleanUp, byRoot) },
    }),
    // Nobody is left to be told that the clean-up failed.
    'is killed': at(consumerGoneThenFinally, 'nothing', consumerExit, {
      parent: { producer: 'ChannelBrokenError to consumer, finally', nursery: 'nothing' },
    }),
  }),
  ...rowsOf('consumer', 'is cancelled', {
    breaks: at('ContextCancelledError by consumer, finally', 'some: its end, finally', 'resolves'),
    throws: at('ContextCancelledError by consumer, finally', 'some: Error: mine, finally', mine, {
      parent: { nursery: 'Error: mine' },
    }),
    'is cancelled': at('ContextCancelledError by consumer, finally', `all: ${byRoot}, finally`, 'resolves', {
      parent: { nursery: byRoot },
    }),
    'is killed': at(consumerGoneThenFinally, 'nothing', consumerExit, {
      parent: { producer: 'ChannelBrokenError to consumer, finally', nursery: 'nothing' },
    }),
  }),
  ...rowsOf('consumer', 'is killed', {
    breaks: lost('ContextCancelledError by consumer', 'some'),
    throws: lostAndThrows('ContextCancelledError by consumer'),
    'is cancelled': at('ContextCancelledError by consumer', `all: ${byRoot}, finally`, exit),
    'is killed': at(consumerGone, 'nothing', bothExits, {
      parent: { producer: 'ChannelBrokenError to consumer', nursery: 'nothing' },
    }),
  }),
  ...rowsOf('consumer', 'is frozen', {
    breaks: lost('ContextCancelledError by consumer', 'some'),
    throws: lostAndThrows('ContextCancelledError by consumer'),
    'is cancelled': at('ContextCancelledError by consumer', `all: ${byRoot}, finally`, exit),
    'is killed': at(consumerGone, 'nothing', bothExits, {
      parent: { producer: 'ChannelBrokenError to consumer, finally', nursery: 'nothing' },
    }),
  }),
]

/** The whole specification of how streams end. */
export const rows: readonly Row[] = [...producerFirst, ...consumerFirst]
