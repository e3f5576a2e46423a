import { readFileSync } from 'node:fs'
import type { RedisAddress } from './redis-address.ts'
import type { RedisClient } from './redis-client.ts'

/** The scripts that change a namespace: each is one step for everybody else. */
export type ChangeName = 'register' | 'renew' | 'release' | 'retire' | 'lead' | 'note'
/** Those that only look. */
export type LookName = 'find' | 'list'

const changes: readonly ChangeName[] = ['register', 'renew', 'release', 'retire', 'lead', 'note']
const looks = { find: 3, list: 2 } as const

/** A client that knows the scripts as commands. They are sent once a connection, and by their hash from then on. */
export function defineScripts(client: RedisClient): void {
  const prelude = read('namespace.lua')
  for (const name of changes) {
    client.defineCommand(commandOf(name), { numberOfKeys: 6, lua: `${prelude}\n${read(`${name}.6.lua`)}` })
  }
  for (const [name, numberOfKeys] of Object.entries(looks)) {
    client.defineCommand(commandOf(name), { numberOfKeys, lua: read(`${name}.${numberOfKeys}.lua`), readOnly: true })
  }
}

function commandOf(name: string): string {
  return `flow${name[0]?.toUpperCase()}${name.slice(1)}`
}

const texts = new Map<string, string>()

function read(file: string): string {
  const text = texts.get(file) ?? readFileSync(new URL(`./${file}`, import.meta.url), 'utf8')
  texts.set(file, text)
  return text
}

/** The keys of a namespace, all in one hash slot, in the order in which the scripts want them. */
function keysOf(namespace: string): readonly string[] {
  return ['actors', 'leases', 'names', 'leaders', 'meta', 'ledger'].map((key) => `flow:{${namespace}}:${key}`)
}

/** The key of the stream that is the ledger. */
export function ledgerKeyOf(namespace: string): string {
  return `flow:{${namespace}}:ledger`
}

/** A script as a command with its arguments. */
export interface ScriptCall {
  readonly command: string
  readonly args: readonly string[]
}

export function changeCall(name: ChangeName, address: RedisAddress, args: readonly string[]): ScriptCall {
  const { namespace, leaseMs, ledgerCount, keepLedgerMs } = address
  const header = [leaseMs, ledgerCount, keepLedgerMs].map(String)
  return { command: commandOf(name), args: [...keysOf(namespace), ...header, ...args] }
}

export function lookCall(name: LookName, address: RedisAddress, args: readonly string[]): ScriptCall {
  return { command: commandOf(name), args: [...keysOf(address.namespace).slice(0, looks[name]), ...args] }
}
