/** What the command needs of a stream of keys; `process.stdin` is one. */
export interface KeyInput {
  readonly isTTY?: boolean
  readonly isRaw?: boolean
  setRawMode?(raw: boolean): unknown
  setEncoding(encoding: 'utf8'): unknown
  on(event: 'data', listener: (text: string) => void): unknown
  off(event: 'data', listener: (text: string) => void): unknown
  resume(): unknown
  pause(): unknown
}

/** A key that means something to the command. */
export type Key = 'leave' | 'suspend' | 'next' | 'previous' | number

const names: Readonly<Record<string, Key>> = {
  q: 'leave',
  '\x03': 'leave',
  '\x04': 'leave',
  '\x1a': 'suspend',
  '\t': 'next',
  '\x1b[C': 'next',
  '\x1b[B': 'next',
  '\x1bOC': 'next',
  '\x1bOB': 'next',
  '\x1b[D': 'previous',
  '\x1b[A': 'previous',
  '\x1bOD': 'previous',
  '\x1bOA': 'previous',
}

/**
 * Reads single keys until it is disposed; the terminal does not show them meanwhile, and ctrl-c and ctrl-z are keys like others.
 * Its owner disposes it on every way out; for an exit that takes no leave it does so itself. Without a terminal there are none.
 */
export function openKeyboard(input: KeyInput, pressed: (key: Key) => void): Disposable & { again(): void } {
  if (input.isTTY !== true) return { [Symbol.dispose]: () => {}, again: () => {} }
  const before = input.isRaw ?? false
  const read = (text: string): void => {
    for (const key of keysIn(text)) pressed(key)
  }
  const release = (): void => {
    process.off('exit', release)
    input.off('data', read)
    input.setRawMode?.(before)
    input.pause()
  }
  process.on('exit', release)
  input.setEncoding('utf8')
  input.setRawMode?.(true)
  input.on('data', read)
  input.resume()
  return {
    [Symbol.dispose]: release,
    /** After a stop: the shell has set the terminal as it likes it. */
    again: () => void input.setRawMode?.(true),
  }
}

/** The keys of what the terminal has sent at once; what means nothing is left out. */
export function keysIn(text: string): Key[] {
  // oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return Array.from(text.matchAll(/\x1b[[O][\d;]*[A-Za-z~]|[^]/gu), ([key]): Key | undefined => {
    return /^[1-9]$/.test(key) ? Number(key) : names[key]
  }).filter((key) => key !== undefined)
}
