import type { ActorId } from './errors.ts'
import { nonceBytes, wireVersion } from './frame.ts'
import { loadCrypto } from './late-builtins.ts'

/**
 * The proof that both ends of a connection know the same token, without saying it. Pure: bytes in, bytes out.
 *
 * It proves who is there when the connection begins and protects nothing that is said later: on a network where others can
 * get in between, TLS has to. A token that can be guessed can be guessed from a proof: it is to be random, of 16 bytes or more.
 */

const proofBytes = 32

/** One end as it said hello. */
export interface Greeted {
  readonly actor: ActorId
  readonly nonce: Uint8Array
}

/** What the proof of one end is made of. */
export interface ProofSide {
  /** What the prover is. The proofs of the two ends differ in it, so that one cannot be sent back as the other. */
  readonly role: 'opener' | 'acceptor'
  readonly prover: Greeted
  readonly verifier: Greeted
}

/** What makes the proofs of this connection differ from those of any other. */
export function createNonce(): Uint8Array {
  return new Uint8Array(loadCrypto().randomBytes(nonceBytes.usual))
}

/** The proof that the prover sends to the verifier. */
export function createProof(token: string, side: ProofSide): Uint8Array {
  const { role, prover, verifier } = side
  const mac = loadCrypto().createHmac('sha256', keyOf(token))
  const fields = [role, prover.nonce, verifier.nonce, ...textsOf(prover), ...textsOf(verifier), String(wireVersion)]
  // Each with its length in front: no two lists of fields have the same bytes.
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field) : field
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(bytes.byteLength)
    mac.update(length).update(bytes)
  }
  return new Uint8Array(mac.digest())
}

/** Whether the prover knows the token. Takes the same time for every wrong proof of the right length. */
export function verifyProof(token: string, side: ProofSide, proof: Uint8Array): boolean {
  if (proof.byteLength !== proofBytes) return false
  if (!isNonce(side.prover.nonce) || !isNonce(side.verifier.nonce)) return false
  return loadCrypto().timingSafeEqual(proof, createProof(token, side))
}

function isNonce({ byteLength }: Uint8Array): boolean {
  return byteLength >= nonceBytes.fewest && byteLength <= nonceBytes.most
}

function textsOf({ actor }: Greeted): string[] {
  return [actor.id, actor.name]
}

function keyOf(token: string): Uint8Array {
  return new Uint8Array(loadCrypto().hkdfSync('sha256', token, '', 'actorflow: proof of a token', 32))
}
