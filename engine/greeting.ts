import { type ActorId, ProtocolError, UnauthenticatedError, VersionMismatchError } from './errors.ts'
import { type HelloFrame, Kind, type ProofFrame, wireVersion } from './frame.ts'
import { createNonce, createProof, type ProofSide, verifyProof } from './handshake.ts'

/** How a channel finds out who is at its other end. */
export interface GreetingOptions {
  readonly self: ActorId
  readonly opener: boolean
  /** What both ends prove to know; undefined where being able to connect is proof enough. */
  readonly token?: string
}

/**
 * The beginning of a channel: each end says hello, and, where there is a token, proves that it knows it. Until both have,
 * neither takes anything else from the other.
 */
export class Greeting {
  readonly #options: GreetingOptions
  readonly #nonce: Uint8Array | undefined
  #hello: { actor: ActorId; nonce: Uint8Array | undefined } | undefined
  #peer: ActorId | undefined

  constructor(options: GreetingOptions) {
    this.#options = options
    this.#nonce = options.token === undefined ? undefined : createNonce()
  }

  /** The peer, once there is no doubt of it. */
  get peer(): ActorId | undefined {
    return this.#peer
  }

  /** What this end says first. */
  hello(): HelloFrame {
    const hello = { version: wireVersion, actor: this.#options.self }
    return [Kind.hello, 0, this.#nonce === undefined ? hello : { ...hello, nonce: this.#nonce }]
  }

  /** Takes in the peer's hello; returns the proof to answer with, if one is wanted. Throws `ProtocolError`. */
  receiveHello(frame: HelloFrame): ProofFrame | undefined {
    const { version, actor, nonce } = frame[2]
    if (this.#hello !== undefined) throw new ProtocolError('the peer said hello twice')
    if (version !== wireVersion) throw new VersionMismatchError(wireVersion, version)
    this.#hello = { actor, nonce }
    const { token } = this.#options
    if (token === undefined) {
      if (nonce !== undefined) {
        throw new UnauthenticatedError(`actor '${actor.name}' wants a token, and there is none here: set FLOW_TOKEN`)
      }
      this.#peer = actor
      return undefined
    }
    if (nonce === undefined) {
      throw new UnauthenticatedError(`actor '${actor.name}' has no token, and this one wants it: set FLOW_TOKEN there`)
    }
    return [Kind.proof, 0, createProof(token, this.#side(actor, nonce, false))]
  }

  /** Takes in the peer's proof. Throws `UnauthenticatedError` if it is none. */
  receiveProof(frame: ProofFrame): void {
    const { token } = this.#options
    const hello = this.#hello
    if (token === undefined || hello?.nonce === undefined || this.#peer !== undefined) {
      throw new ProtocolError('the peer sent a proof that nobody asked for')
    }
    if (!verifyProof(token, this.#side(hello.actor, hello.nonce, true), frame[2])) {
      throw new UnauthenticatedError(`actor '${hello.actor.name}' has another token than this one`)
    }
    this.#peer = hello.actor
  }

  /** What the proof of one side is made of: this one's, or the peer's. */
  #side(actor: ActorId, nonce: Uint8Array, peers: boolean): ProofSide {
    const { self, opener } = this.#options
    const ours = { actor: self, nonce: this.#nonce as Uint8Array }
    const theirs = { actor, nonce }
    return {
      role: opener === peers ? 'acceptor' : 'opener',
      prover: peers ? theirs : ours,
      verifier: peers ? ours : theirs,
    }
  }
}
