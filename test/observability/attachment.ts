import type { ActorVitals, Attachment } from '../../engine/index.ts'
import { actorNamed } from './hops.ts'

/** The figures of an actor that does nothing. */
export function vitalsOf(name: string, more: Partial<ActorVitals> = {}): ActorVitals {
  return {
    actor: actorNamed(name),
    heapUsedBytes: 5_000_000,
    residentBytes: 60_000_000,
    taskCount: 0,
    edges: [],
    restarts: {},
    errors: {},
    reports: [],
    ...more,
  }
}

/** What a module is attached to, outside of an actor. */
export function attachmentTo(name: string, more: Partial<Attachment> = {}): Attachment {
  return {
    actor: actorNamed(name),
    pipeline: undefined,
    ambient: () => undefined,
    watchLog: () => undefined,
    writeLine: (line) => process.stderr.write(line),
    notice: (_, text) => process.stderr.write(`${text}\n`),
    isRoot: false,
    intercept: () => undefined,
    report: () => undefined,
    vitals: () => vitalsOf(name),
    treeVitals: async () => ({ actors: [vitalsOf(name)], silent: [] }),
    onLeave: () => undefined,
    ...more,
  }
}
