import type { Registration, Registry } from '../../engine/index.ts'

let lastId = 0

/** The registration of an actor that never was. */
export function registrationOf(name: string): Registration {
  lastId += 1
  const id = `id-${lastId}`
  return {
    actor: { name, id },
    addresses: [`unix:/run/${id}.sock`],
    pid: lastId,
    host: 'here',
    functions: ['add', 'count'],
    parent: { name: 'root', id: 'r1' },
    startedAt: 1_700_000_000_000 + lastId,
  }
}

/** The registry of the test that runs. */
export interface RegistryBed {
  readonly registry: Registry
  run<T>(fn: () => Promise<T>): Promise<T>
}
