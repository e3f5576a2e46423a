import { loadCrypto } from './late-builtins.ts'

/** The id of a new actor, which no other one ever has. */
export function newActorId(): string {
  return loadCrypto().randomBytes(6).toString('hex')
}
