import { loadThreads } from '../late-builtins.ts'

/** The place of an address that means something to one thread of one process only: `<scheme>:<pid>-<threadId>/<id>`. */
export interface ThreadAddress {
  readonly pid: number
  readonly threadId: number
  readonly id: string
}

/** An address in this thread. */
export function addressHere(scheme: string, id: string): string {
  return `${scheme}:${process.pid}-${loadThreads().threadId}/${id}`
}

/** Takes an address apart; undefined if it is not of this form. */
export function parseThreadAddress(scheme: string, address: string): ThreadAddress | undefined {
  if (!address.startsWith(`${scheme}:`)) return undefined
  const match = /^(\d+)-(\d+)\/(.+)$/s.exec(address.slice(scheme.length + 1))
  if (match === null) return undefined
  const [, pid, thread, id = ''] = match
  return { pid: Number(pid), threadId: Number(thread), id }
}

/** Whether the address is in this process. A process of another host may happen to have the same number: ids tell. */
export function isInThisProcess(place: ThreadAddress | undefined): boolean {
  return place?.pid === process.pid
}

/** Whether the address is in this thread. */
export function isInThisThread(place: ThreadAddress | undefined): boolean {
  return isInThisProcess(place) && place?.threadId === loadThreads().threadId
}

/** The error of a dial that nobody takes, in the form that the system's own have. */
export function connectionRefused(address: string, why: string, options?: ErrorOptions): NodeJS.ErrnoException {
  return Object.assign(new Error(`connect ECONNREFUSED ${address}: ${why}`, options), { code: 'ECONNREFUSED' })
}
