import type { Socket } from 'node:net'
import { fitRecord } from '../fit-record.ts'
import { isOutputLeftToParent, longestLineChars, recordMark, verbatimMark } from '../log-output.ts'
import { describeActor, type LogRecord } from '../log-record.ts'
import type { LogFormat } from '../log-settings.ts'
import { renderRecord } from '../log-text.ts'
import type { Member } from '../member.ts'

type StreamName = 'stdout' | 'stderr'

// With a reader of our stderr who does not read, the actor has ended all the same.
const stuckMs = 1_000

// After its process has ended, so many turns of the event loop bring all that is left of it. Another process that it started
// may still hold its end.
const quietTurns = 3

/**
 * What the process of a child writes, read line by line and written to this process's stderr: the entries of its log as the
 * tree shows them, all else as printed by that actor. It goes no faster than stderr is read.
 */
export class ChildOutput {
  readonly #streams: ReadonlyMap<StreamName, Socket>
  readonly #format: LogFormat
  readonly #rests: Map<StreamName, string> = new Map()
  readonly #pid: number
  #owner: Member = { name: 'flow', id: '' }
  #endedCount = 0
  #readCount = 0
  #stuck: Promise<void> | undefined

  constructor(streams: Readonly<Partial<Record<StreamName, Socket | null>>>, pid: number, format: LogFormat) {
    const those = Object.entries(streams).filter(([, stream]) => stream !== null && stream !== undefined)
    this.#streams = new Map(those as [StreamName, Socket][])
    this.#pid = pid
    this.#format = format
    for (const [name, stream] of this.#streams) {
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => this.#take(name, text))
      stream.on('close', () => (this.#endedCount += 1))
      stream.on('error', () => undefined)
    }
  }

  /** Whose process it has become. */
  set owner(owner: Member) {
    this.#owner = owner
  }

  ref(): void {
    for (const stream of this.#streams.values()) stream.ref()
  }

  unref(): void {
    for (const stream of this.#streams.values()) stream.unref()
  }

  /** To be called when the process has ended: resolves when all that it wrote has been passed on. */
  async drained(): Promise<void> {
    for (let quiet = 0; quiet < quietTurns && this.#endedCount < this.#streams.size; ) {
      const before = this.#readCount
      await (this.#stuck === undefined ? new Promise((resolve) => setImmediate(resolve)) : this.#waitWhileStuck())
      quiet = this.#readCount === before ? quiet + 1 : 0
    }
    for (const [name, rest] of this.#rests) if (rest !== '') this.#write(this.#shown(name, rest))
    this.#rests.clear()
    // Whoever of its own still prints there has no claim on our time.
    this.unref()
  }

  async #waitWhileStuck(): Promise<void> {
    const { promise: tooLate, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, stuckMs)
    await Promise.race([this.#stuck, tooLate])
    clearTimeout(timer)
  }

  #take(name: StreamName, text: string): void {
    this.#readCount += 1
    const lines = ((this.#rests.get(name) ?? '') + text).split(ends[name])
    let rest = lines.pop() ?? ''
    for (; rest.length > longestLineChars; rest = rest.slice(longestLineChars))
      lines.push(rest.slice(0, longestLineChars))
    this.#rests.set(name, rest)
    // One write, so that what is said at once stays together.
    if (lines.length > 0) this.#write(lines.map((line) => this.#shown(name, line)).join(''))
  }

  #write(text: string): void {
    if (process.stderr.write(text) || this.#stuck !== undefined) return
    for (const stream of this.#streams.values()) stream.pause()
    this.#stuck = stderrDrained().then(() => {
      this.#stuck = undefined
      for (const stream of this.#streams.values()) stream.resume()
    })
  }

  /** A line as it leaves this process, with its end. */
  #shown(stream: StreamName, line: string): string {
    const mark = stream === 'stderr' ? line[0] : undefined
    const marked = mark === recordMark || mark === verbatimMark
    // The root has the whole to show.
    if (isOutputLeftToParent()) {
      if (marked) return `${line}\n`
      return `${recordMark}${fitRecord(renderRecord(this.#printed(stream, line), { format: 'json' }))}`
    }
    if (mark === verbatimMark) return `${line.slice(1)}\n`
    if (mark === recordMark && this.#format === 'json') return `${line.slice(1)}\n`
    const record = (mark === recordMark ? parseRecord(line.slice(1)) : undefined) ?? this.#printed(stream, line)
    return renderRecord(record, { format: this.#format, colours: process.stderr.isTTY && process.stderr.hasColors() })
  }

  #printed(stream: StreamName, line: string): LogRecord {
    const msg = line.endsWith('\r') ? line.slice(0, -1) : line
    const time = new Date().toISOString()
    return { level: 'info', time, pid: this.#pid, ...describeActor(this.#owner), stream, msg }
  }
}

// One for all children, of which there may be many: each would be a listener more.
let draining: Promise<void> | undefined

/** Waits until stderr takes more again, or never will. */
function stderrDrained(): Promise<void> {
  draining ??= new Promise((resolve) => {
    const goOn = () => {
      process.stderr.off('drain', goOn).off('close', goOn)
      draining = undefined
      resolve()
    }
    process.stderr.on('drain', goOn).on('close', goOn)
  })
  return draining
}

/** On stderr a marked line is one of its own, even if what was printed before had no end; on stdout nobody marks lines. */
const ends: Readonly<Record<StreamName, string | RegExp>> = {
  stdout: '\n',
  stderr: new RegExp(`\n|(?=[${recordMark}${verbatimMark}])`),
}

/** Undefined for what looked like an entry and is none. */
function parseRecord(json: string): LogRecord | undefined {
  try {
    const record = JSON.parse(json) as LogRecord
    const isRecord = typeof record === 'object' && record !== null
    const texts = isRecord ? [record.time, record.level, record.actor] : [undefined]
    return texts.every((each) => typeof each === 'string') ? record : undefined
  } catch {
    return undefined
  }
}
