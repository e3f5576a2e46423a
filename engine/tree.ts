import type { ActorAddress } from './address.ts'
import { defaultMaxFrameBytes } from './codec.ts'
import { UsageError } from './errors.ts'
import type { HeartbeatOptions } from './heartbeat.ts'
import type { AttachedModule } from './interceptor.ts'
import type { TreeLog } from './log-settings.ts'
import type { TlsOptions } from './transports/tcp.ts'

/** How long a cancelled task or actor may take, and how long one that was sent SIGTERM; then comes the next step. */
export interface Graces {
  readonly cancelGraceMs: number
  readonly terminateGraceMs: number
}

export const defaultGraces: Graces = { cancelGraceMs: 5_000, terminateGraceMs: 2_000 }

// The platform's timers go no further than 24 days, and two of these follow each other.
const longestGraceMs = 1_000_000_000

/** While functions are held for a debugger nobody is hurried. */
export const debugGraces: Graces = { cancelGraceMs: longestGraceMs, terminateGraceMs: longestGraceMs }

/** Throws `UsageError` for graces that are no time. */
export function checkGraces(graces: Graces): void {
  for (const name of ['cancelGraceMs', 'terminateGraceMs'] as const) {
    const ms = graces[name]
    if (typeof ms === 'number' && ms >= 0 && ms <= longestGraceMs) continue
    throw new UsageError(`${name} must be a number of milliseconds from 0 to ${longestGraceMs}, not ${String(ms)}`)
  }
}

/**
 * What an actor gives its own children when its parent gives it `graces`: less, so that it can end one that does not listen
 * (both of its steps) before its own time is up.
 */
export function gracesBelow(graces: Graces): Graces {
  const { cancelGraceMs, terminateGraceMs } = graces
  const share = (0.9 * cancelGraceMs) / Math.max(1, cancelGraceMs + terminateGraceMs)
  return {
    cancelGraceMs: Math.floor(cancelGraceMs * share),
    terminateGraceMs: Math.floor(terminateGraceMs * share),
  }
}

/** What a peer may ask of an actor's memory and patience. */
export interface Limits {
  /** The largest flush, its attachments included. */
  readonly maxFrameBytes: number
  /** The most calls that a peer may have open on one channel. */
  readonly maxContextCount: number
  /** The deepest nesting of a value from a peer that came in over the network. */
  readonly maxDepth: number
  /** The most connections at once that have not said who they are. */
  readonly maxHandshakeCount: number
  /** How long a connection may take to say who it is. */
  readonly handshakeTimeoutMs: number
}

export const defaultLimits: Limits = {
  maxFrameBytes: defaultMaxFrameBytes,
  maxContextCount: 16_384,
  maxDepth: 128,
  maxHandshakeCount: 64,
  handshakeTimeoutMs: 10_000,
}

// The engine's own frames have to fit: a flush takes in a share of the largest.
const leastFrameBytes = 64 * 1024

/** Throws `UsageError` for limits with which nobody could say anything. */
export function checkLimits(limits: Limits): void {
  for (const [name, value] of Object.entries(limits)) {
    const least = name === 'maxFrameBytes' ? leastFrameBytes : 1
    if (Number.isSafeInteger(value) && value >= least) continue
    throw new UsageError(`${name} must be a whole number from ${least} up, not ${String(value)}`)
  }
}

/** A peer is asked for a sign of life after so long without one, and given up after so long. */
export const defaultHeartbeat: HeartbeatOptions = { intervalMs: 5_000, limitMs: 20_000 }

/** What all actors of a tree have in common. Each tells its children; plain data. */
export interface Tree {
  /** The name of their host. */
  readonly host: string
  readonly runDirectory: string
  /** Whether that directory was made for the tree, and goes with it. */
  readonly ownsRunDirectory: boolean
  /** The actor that holds the registry; undefined in that actor itself. */
  readonly registrar?: ActorAddress
  /** The module that gives an actor of the tree its registry. */
  readonly registryModule: string
  /** Modules that every actor of the tree attaches at its start. */
  readonly attached: readonly AttachedModule[]
  readonly limits: Limits
  readonly heartbeat: HeartbeatOptions
  /** How long an actor stays awake for the answer to what it sent. Microseconds; 0 is not at all. */
  readonly busyPollUs: number
  /** How its actors log, if its root says so: then each process's stderr goes through its parent's. */
  readonly log?: TreeLog
  /** Whether a function that throws is held for a debugger. */
  readonly debug: boolean
}

/** What must not be seen in the environment of a process: told over the parent link. */
export interface Secrets {
  /** What both ends of a connection prove to know. */
  readonly token?: string
  /** Certificates and keys for TCP. */
  readonly tls?: TlsOptions
  /** Where the registry is, if that is outside of all actors; its password is in it. */
  readonly registry?: string
}
