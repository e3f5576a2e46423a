import type { Stall, StallCause, StallLink } from './find-stall.ts'

/** A stall in words, with the chain of those who wait: `words#1 blocked 12 s on report: sink stdout not draining`. */
export function describeStall({ links, cause }: Stall): string {
  const chain = links.map(describeLink).join(', ')
  return chain === '' ? describeLone(cause) : `${chain}: ${describeCause(cause)}`
}

/** The same in fewer words, the more first: what is at the end of the chain is in all of them. */
export function describeStallBriefly({ links, cause }: Stall): string[] {
  const [first, last] = [links[0], links.at(-1)]
  if (first === undefined || last === undefined) return []
  const ends = `${describeLink({ ...first, stage: `… ${last.stage}` })}: ${describeCause(cause)}`
  return [...(links.length > 1 ? [ends] : []), `… ${last.stage}: ${describeCause(cause)}`, describeLone(cause)]
}

function describeLink({ actor, on, stage, sinceMs }: StallLink): string {
  const how = on === 'output' ? `blocked ${seconds(sinceMs)} on` : `waits ${seconds(sinceMs)} for`
  return `${actor} ${how} ${stage}`
}

function describeLone(cause: StallCause): string {
  return cause.kind === 'sink'
    ? `${cause.actor} blocked ${seconds(cause.sinceMs)}: ${describeCause(cause)}`
    : describeCause(cause)
}

function describeCause({ actor: who, kind, reason, sinceMs }: StallCause): string {
  const what = reason === undefined ? '' : ` ${reason}`
  switch (kind) {
    case 'sink':
      return `sink${what} not draining`
    case 'source':
      return `source${what} of ${who} gives nothing`
    case 'busy':
      return `${who} busy for ${seconds(sinceMs)}, no item in or out`
    case 'silent':
      return `${who} does not answer for ${seconds(sinceMs)}: its event loop is held up, or its process is stopped`
    case 'ring':
      return `${who} is among those it waits for itself`
  }
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1_000)} s`
}
