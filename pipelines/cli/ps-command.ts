import type { Writable } from 'node:stream'
import { currentSignal, type Registry, sleep } from '../../engine/index.ts'
import { openOutput } from '../output.ts'
import { type ActorMeter, type ActorRow, createActorMeter } from './actor-figures.ts'
import { renderActorTable } from './actor-table.ts'
import { exitCodes } from './exit-code.ts'
import type { Guest } from './guest.ts'
import { toJsonLine } from './json-line.ts'
import { truncate } from './printable.ts'
import { openScreen } from './screen.ts'
import type { TextOutput } from './terminal.ts'
import { type VisitHost, type VisitOptions, visit } from './visit.ts'

/** The options of `flow ps`. */
export interface PsOptions extends VisitOptions {
  readonly watch?: boolean
  readonly json?: boolean
}

/** What `flow ps` needs of its surroundings. */
export interface PsHost extends VisitHost {
  readonly stdout: Writable & TextOutput
  /** Milliseconds since the epoch. */
  now(): number
}

/** Over how long items are counted for a rate, where there is no earlier count. */
const rateMs = 400
const redrawMs = 1_000

/**
 * `flow ps`: the actors of a registry and what each does; they are asked themselves. With `watch` it goes on: redrawn on a
 * terminal, elsewhere a line of JSON whenever one comes or leaves. Resolves to the exit code; an actor that does not answer is
 * shown as such and is no failure.
 */
export async function psCommand(options: PsOptions, host: PsHost): Promise<number> {
  const { watch = false, json = false } = options
  return await visit(options, host, async (guest) => {
    if (watch && (json || host.stdout.isTTY !== true)) await printChanges(guest.registry, host)
    else if (watch) await redraw(guest, host)
    else await printOnce(guest, json, host)
    return exitCodes.done
  })
}

async function printOnce(guest: Guest, json: boolean, host: PsHost): Promise<void> {
  const meter = createActorMeter(guest)
  const first = await meter.measure(await guest.registry.list())
  // One that did not answer is not waited for again.
  const silent = first.filter((row) => row.silent !== undefined)
  const answering = first.filter((row) => row.silent === undefined)
  if (answering.length > 0) await sleep(rateMs)
  const rows = inOrder([...silent, ...(await meter.measure(answering.map(({ registration }) => registration)))])
  const text = json
    ? rows.map((row) => toJsonLine(asJson(row, host.now()))).join('')
    : renderActorTable(rows, host.now())
        .map((line) => `${line}\n`)
        .join('')
  await using output = openOutput(host.stdout, currentSignal())
  await output.write(text)
}

async function printChanges(registry: Registry, host: PsHost): Promise<void> {
  await using output = openOutput(host.stdout, currentSignal())
  for await (const { kind, registration } of registry.watch('*')) {
    const { actor, ...rest } = registration
    if (!(await output.write(toJsonLine({ kind, ...actor, ...rest })))) break
  }
}

async function redraw(guest: Guest, host: PsHost): Promise<void> {
  const meter = createActorMeter(guest)
  using screen = openScreen(host.stdout)
  for (;;) {
    screen.draw(await picture(guest, meter, host))
    await sleep(redrawMs)
  }
}

async function picture(guest: Guest, meter: ActorMeter, host: PsHost): Promise<readonly string[]> {
  // A terminal that nobody has told its size says 0.
  const columns = host.stdout.columns || 80
  const height = host.stdout.rows || 24
  const outage = guest.registry.outage
  // It is back by itself: what is on the screen is not thrown away for a moment without an answer.
  const rows = outage === undefined ? inOrder(await meter.measure(await guest.registry.list())) : []
  const lines = outage === undefined ? renderActorTable(rows, host.now()) : [outage.message]
  const shown =
    lines.length > height - 1 ? [...lines.slice(0, height - 2), `… ${lines.length - height + 2} more`] : lines
  return shown.map((line) => truncate(line, columns - 1))
}

function inOrder(rows: readonly ActorRow[]): readonly ActorRow[] {
  return rows.toSorted(({ registration: a }, { registration: b }) => {
    if (a.actor.name !== b.actor.name) return a.actor.name < b.actor.name ? -1 : 1
    return a.startedAt - b.startedAt
  })
}

function asJson({ registration, figures, silent }: ActorRow, nowMs: number): object {
  const { actor, ...rest } = registration
  return { ...actor, ...rest, ageMs: Math.max(0, nowMs - registration.startedAt), ...figures, silent }
}
