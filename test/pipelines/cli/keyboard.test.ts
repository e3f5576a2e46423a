import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type Key, type KeyInput, keysIn, openKeyboard } from '../../../pipelines/cli/keyboard.ts'

function fakeInput(isTTY: boolean) {
  const said: string[] = []
  const input = Object.assign(new EventEmitter(), {
    isTTY,
    isRaw: false,
    setRawMode: (raw: boolean) => said.push(`raw ${raw}`),
    setEncoding: () => {},
    resume: () => said.push('resume'),
    pause: () => said.push('pause'),
  }) satisfies KeyInput
  return { input, said }
}

describe('The keyboard', () => {
  it('tells keys apart, several at once and unknown ones among them', () => {
    expect(keysIn('q\x1b[C\x1b[D\x1bOA2x\x1b[1;5C\x1b[5~\t\x03\x1a')).toEqual([
      'leave',
      'next',
      'previous',
      'previous',
      2,
      'next',
      'leave',
      'suspend',
    ])
  })

  it('has the terminal as it was when it is disposed', () => {
    const { input, said } = fakeInput(true)
    const before = process.listenerCount('exit')
    const pressed: Key[] = []
    const keyboard = openKeyboard(input, (key) => pressed.push(key))
    input.emit('data', '1q')
    expect(process.listenerCount('exit')).toBe(before + 1)
    keyboard[Symbol.dispose]()
    input.emit('data', 'q')
    expect(pressed).toEqual([1, 'leave'])
    expect(said).toEqual(['raw true', 'resume', 'raw false', 'pause'])
    expect(process.listenerCount('exit')).toBe(before)
  })

  it('leaves alone what is no terminal', () => {
    const { input, said } = fakeInput(false)
    openKeyboard(input, () => {})[Symbol.dispose]()
    expect(said).toEqual([])
    expect(input.listenerCount('data')).toBe(0)
  })
})
