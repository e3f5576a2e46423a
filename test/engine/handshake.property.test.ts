import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNonce, createProof, type Greeted, type ProofSide, verifyProof } from '../../engine/handshake.ts'

const nonces = fc.uint8Array({ minLength: 16, maxLength: 64 })
const ends: fc.Arbitrary<Greeted> = fc.record({
  actor: fc.record({ name: fc.string(), id: fc.string() }),
  nonce: nonces,
})
const sides: fc.Arbitrary<ProofSide> = fc.record({
  role: fc.constantFrom('opener' as const, 'acceptor' as const),
  prover: ends,
  verifier: ends,
})
const tokens = fc.string({ minLength: 1 })

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  const at = (bit >> 3) % copy.byteLength
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7))
  return copy
}

const otherRole = (side: ProofSide): ProofSide => ({ ...side, role: side.role === 'opener' ? 'acceptor' : 'opener' })

describe('The proof of a token', () => {
  it('convinces whoever has the same token and heard the same', () => {
    fc.assert(
      fc.property(tokens, sides, (token, side) => {
        expect(verifyProof(token, structuredClone(side), createProof(token, side))).toBe(true)
      }),
    )
  })

  it('convinces nobody if any of it differs', () => {
    fc.assert(
      fc.property(tokens, sides, tokens, sides, (token, side, otherToken, otherSide) => {
        const same = token === otherToken && JSON.stringify(side) === JSON.stringify(otherSide)
        expect(verifyProof(otherToken, otherSide, createProof(token, side))).toBe(same)
        const proof = createProof(token, side)
        expect(verifyProof(token, otherRole(side), proof)).toBe(false)
        expect(verifyProof(otherToken, side, proof)).toBe(token === otherToken)
      }),
    )
  })

  it('convinces nobody with one bit flipped, in the proof or in a nonce', () => {
    fc.assert(
      fc.property(tokens, sides, fc.nat(), (token, side, bit) => {
        const proof = createProof(token, side)
        const { prover, verifier } = side
        const noncesFlipped = [
          { ...side, prover: { ...prover, nonce: flipped(prover.nonce, bit) } },
          { ...side, verifier: { ...verifier, nonce: flipped(verifier.nonce, bit) } },
        ]
        expect(verifyProof(token, side, flipped(proof, bit))).toBe(false)
        for (const other of noncesFlipped) expect(verifyProof(token, other, proof)).toBe(false)
      }),
    )
  })

  it('cannot be sent back to whom it came from', () => {
    fc.assert(
      fc.property(tokens, sides, (token, side) => {
        const proof = createProof(token, side)
        const reflected = { ...otherRole(side), prover: side.verifier, verifier: side.prover }
        expect(verifyProof(token, reflected, proof)).toBe(false)
        // Not even by one who says hello with the same name and nonce.
        const mirrored = { role: side.role, prover: side.prover, verifier: side.prover }
        expect(verifyProof(token, otherRole(mirrored), createProof(token, mirrored))).toBe(false)
      }),
    )
  })

  it('tells apart fields that are the same when joined', () => {
    fc.assert(
      fc.property(tokens, sides, fc.string({ minLength: 1 }), (token, side, text) => {
        const named = (name: string, id: string) => ({ ...side, prover: { ...side.prover, actor: { name, id } } })
        expect(verifyProof(token, named(text, ''), createProof(token, named('', text)))).toBe(false)
      }),
    )
  })

  it('is false, and no exception, for bytes of another length', () => {
    fc.assert(
      fc.property(tokens, sides, fc.uint8Array({ maxLength: 100 }), (token, side, bytes) => {
        expect(verifyProof(token, side, bytes)).toBe(false)
        const short = { ...side, prover: { ...side.prover, nonce: bytes.subarray(0, 15) } }
        expect(verifyProof(token, short, createProof(token, short))).toBe(false)
      }),
    )
  })
})

describe('createNonce', () => {
  it('gives 32 bytes that nobody had before', () => {
    const all = Array.from({ length: 100 }, () => createNonce())
    expect(all.every((nonce) => nonce.byteLength === 32)).toBe(true)
    expect(new Set(all.map((nonce) => Buffer.from(nonce).toString('hex'))).size).toBe(100)
  })
})
