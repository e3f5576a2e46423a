import type { ActorId } from './errors.ts'

/** What an actor can do or where it is, by names of the user's choice: `{ gpu: true, zone: 'eu' }`. */
export type Capabilities = Readonly<Record<string, string | number | boolean>>

/** What is known of an actor that can be found. */
export interface Registration {
  readonly actor: ActorId
  readonly addresses: readonly string[]
  readonly pid: number
  /** The name of its host. */
  readonly host: string
  /** Which host that is, as other processes of it say, too: names are not unique. Absent if it is not known. */
  readonly hostId?: string
  /** The exposed function names. */
  readonly functions: readonly string[]
  /** Absent if it has none. */
  readonly capabilities?: Capabilities
  /** True if nobody else may have its name. */
  readonly unique?: boolean
  /** Of an actor with a unique name: greater than that of whoever had the name before. Given by the registry. */
  readonly fence?: number
  readonly parent?: ActorId
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** An actor can be found from now on, or no more. */
export interface RegistryChange {
  readonly kind: 'came' | 'left'
  readonly registration: Registration
}
