import type { LedgerEntry, Registration } from '../../engine/index.ts'

/** What is in the stream: an entry of the ledger, or that nobody leads under a name any more. */
export type StreamEntry =
  | { readonly kind: 'entry'; readonly position: string; readonly entry: LedgerEntry }
  | { readonly kind: 'vacant'; readonly position: string; readonly name: string }

/** Reads a registration as the scripts keep it: with a number of theirs before all the rest. */
export function parseRegistration(text: string): Registration {
  const { number: _number, ...registration } = JSON.parse(text) as Registration & { readonly number: number }
  return registration
}

/** Reads entries as XRANGE and XREAD give them. Of a kind that a later release has added, nothing is known here. */
export function parseEntries(raw: unknown): StreamEntry[] {
  return (raw as readonly [string, readonly string[]][]).flatMap(([position, fields]) => {
    const { kind = '', name = '', id = '', data = '' } = Object.fromEntries(pairsOf(fields)) as Record<string, string>
    const place = { position, atMs: Number(position.split('-')[0]) }
    const actor = { name, id }
    const entryOf = (entry: LedgerEntry): StreamEntry[] => [{ kind: 'entry', position, entry }]
    switch (kind) {
      case 'registered':
        return entryOf({ kind, actor, registration: parseRegistration(data), ...place })
      case 'left':
        return entryOf({ kind, actor, ...place })
      case 'started':
      case 'restarted':
      case 'failed':
      case 'expired':
      case 'gap':
        return entryOf({ kind, actor, ...(JSON.parse(data) as object), ...place } as LedgerEntry)
      case 'vacant':
        return [{ kind, position, name }]
      default:
        return []
    }
  })
}

function pairsOf(fields: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < fields.length; index += 2) pairs.push([fields[index] ?? '', fields[index + 1] ?? ''])
  return pairs
}
