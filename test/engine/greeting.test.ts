import { describe, expect, it } from 'vitest'
import type { FlowError } from '../../engine/errors.ts'
import { type HelloFrame, Kind, type ProofFrame, wireVersion } from '../../engine/frame.ts'
import { Greeting } from '../../engine/greeting.ts'

const anna = { name: 'anna', id: 'a1' }
const bert = { name: 'bert', id: 'b1' }

interface Tokens {
  readonly opener?: string
  readonly acceptor?: string
}

function openGreetings(tokens: Tokens = {}): { opener: Greeting; acceptor: Greeting } {
  const withToken = (token: string | undefined) => (token === undefined ? {} : { token })
  return {
    opener: new Greeting({ self: anna, opener: true, ...withToken(tokens.opener) }),
    acceptor: new Greeting({ self: bert, opener: false, ...withToken(tokens.acceptor) }),
  }
}

/** What a greeting throws when it is told something. */
function refusal(tell: () => unknown): FlowError {
  try {
    tell()
  } catch (error) {
    return error as FlowError
  }
  throw new Error('it was taken')
}

const asProof = (frame: ProofFrame | undefined): ProofFrame => frame ?? [Kind.proof, 0, new Uint8Array()]

describe('A greeting without a token', () => {
  it('knows its peer once that has said hello', () => {
    const { opener, acceptor } = openGreetings()
    expect(opener.peer).toBeUndefined()
    expect(opener.receiveHello(acceptor.hello())).toBeUndefined()
    expect(acceptor.receiveHello(opener.hello())).toBeUndefined()
    expect([opener.peer, acceptor.peer]).toEqual([bert, anna])
  })

  it('says nothing that could be of use to a stranger', () => {
    expect(openGreetings().opener.hello()).toEqual([Kind.hello, 0, { version: wireVersion, actor: anna }])
  })

  it('refuses a peer of another wire version, and names both', () => {
    const hello: HelloFrame = [Kind.hello, 0, { version: wireVersion + 1, actor: bert }]
    expect(refusal(() => openGreetings().opener.receiveHello(hello))).toMatchObject({
      code: 'FLOW_VERSION_MISMATCH',
      ours: wireVersion,
      theirs: wireVersion + 1,
    })
  })

  it('refuses a second hello: an identity does not change', () => {
    const { opener, acceptor } = openGreetings()
    opener.receiveHello(acceptor.hello())
    const other: HelloFrame = [Kind.hello, 0, { version: wireVersion, actor: { name: 'eve', id: 'e1' } }]
    expect(refusal(() => opener.receiveHello(other))).toMatchObject({ code: 'FLOW_PROTOCOL' })
    expect(opener.peer).toEqual(bert)
  })

  it('refuses a proof that it has not asked for', () => {
    const { opener, acceptor } = openGreetings()
    opener.receiveHello(acceptor.hello())
    expect(refusal(() => opener.receiveProof(asProof(undefined)))).toMatchObject({ code: 'FLOW_PROTOCOL' })
  })
})

describe('A greeting with a token', () => {
  const same = { opener: 'a secret of both', acceptor: 'a secret of both' }

  it('knows its peer once that has proved that it knows the token, and not before', () => {
    const { opener, acceptor } = openGreetings(same)
    const openersProof = opener.receiveHello(acceptor.hello())
    const acceptorsProof = acceptor.receiveHello(opener.hello())
    expect([opener.peer, acceptor.peer]).toEqual([undefined, undefined])
    opener.receiveProof(asProof(acceptorsProof))
    acceptor.receiveProof(asProof(openersProof))
    expect([opener.peer, acceptor.peer]).toEqual([bert, anna])
  })

  it('never says the token, nor the same thing twice', () => {
    const said = () => {
      const { opener, acceptor } = openGreetings(same)
      const hello = opener.hello()
      acceptor.receiveHello(hello)
      return [hello[2].nonce, opener.receiveHello(acceptor.hello())?.[2]].map((bytes) => Buffer.from(bytes ?? []))
    }
    const [first, second] = [said(), said()]
    for (const bytes of [...first, ...second]) expect(bytes.includes(same.opener)).toBe(false)
    expect(first.map((bytes) => bytes.toString('hex'))).not.toEqual(second.map((bytes) => bytes.toString('hex')))
  })

  it('refuses a peer with another token, and says whose it is', () => {
    const { opener, acceptor } = openGreetings({ opener: 'one', acceptor: 'another' })
    const openersProof = opener.receiveHello(acceptor.hello())
    const acceptorsProof = acceptor.receiveHello(opener.hello())
    const unauthenticated = (name: string) => ({
      code: 'FLOW_UNAUTHENTICATED',
      message: `actor '${name}' has another token than this one`,
    })
    expect(refusal(() => opener.receiveProof(asProof(acceptorsProof)))).toMatchObject(unauthenticated('bert'))
    expect(refusal(() => acceptor.receiveProof(asProof(openersProof)))).toMatchObject(unauthenticated('anna'))
    expect([opener.peer, acceptor.peer]).toEqual([undefined, undefined])
  })

  it('refuses a peer without one, and either side says where it is missing', () => {
    const { opener, acceptor } = openGreetings({ acceptor: 'a secret' })
    expect(refusal(() => acceptor.receiveHello(opener.hello()))).toMatchObject({
      code: 'FLOW_UNAUTHENTICATED',
      message: "actor 'anna' has no token, and this one wants it: set FLOW_TOKEN there",
    })
    expect(refusal(() => opener.receiveHello(acceptor.hello()))).toMatchObject({
      code: 'FLOW_UNAUTHENTICATED',
      message: "actor 'bert' wants a token, and there is none here: set FLOW_TOKEN",
    })
  })

  it('does not take its own proof back from a peer that only repeats what it hears', () => {
    const { opener } = openGreetings(same)
    const [, , hello] = opener.hello()
    const echoed: HelloFrame = [Kind.hello, 0, { ...hello }]
    const ownProof = opener.receiveHello(echoed)
    expect(refusal(() => opener.receiveProof(asProof(ownProof)))).toMatchObject({ code: 'FLOW_UNAUTHENTICATED' })
  })

  it('does not take a proof that was made for another connection', () => {
    const heard = openGreetings(same)
    const old = heard.opener.receiveHello(heard.acceptor.hello())
    const { opener, acceptor } = openGreetings(same)
    acceptor.receiveHello(opener.hello())
    expect(refusal(() => acceptor.receiveProof(asProof(old)))).toMatchObject({ code: 'FLOW_UNAUTHENTICATED' })
  })

  it('does not take a proof before the hello, or a second one', () => {
    const { opener, acceptor } = openGreetings(same)
    const proof = asProof(opener.receiveHello(acceptor.hello()))
    expect(refusal(() => acceptor.receiveProof(proof))).toMatchObject({ code: 'FLOW_PROTOCOL' })
    acceptor.receiveHello(opener.hello())
    acceptor.receiveProof(proof)
    expect(refusal(() => acceptor.receiveProof(proof))).toMatchObject({ code: 'FLOW_PROTOCOL' })
  })
})
