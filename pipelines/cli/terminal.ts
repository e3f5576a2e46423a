/** What the command needs of a stream that it writes text to; `process.stderr` is one. */
export interface TextOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
  /** Node's own answer, from the terminal's kind, NO_COLOR and FORCE_COLOR. Only a terminal has it. */
  hasColors?(): boolean
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

/** How a line is meant, to be shown by a colour where there are colours. */
export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'warn' | 'bad'

const codes: Readonly<Record<Tone, string>> = { plain: '', strong: '1', faint: '2', good: '32', warn: '33', bad: '31' }

/** Paints text for an output; gives it back as it is where the output has no colours. */
export function paint(text: string, tone: Tone, output: Pick<TextOutput, 'hasColors'>): string {
  const code = codes[tone]
  return code === '' || output.hasColors?.() !== true ? text : `\x1b[${code}m${text}\x1b[0m`
}
