import type { Capabilities } from '../../engine/index.ts'

/**
 * Adds one `key=value` of a command line to those before it; undefined if it is none. `true`, `false` and numbers are what
 * they look like, all else is text, and so is what has quotes: `zone="7"`.
 */
export function addCapability(text: string, before: Capabilities = {}): Capabilities | undefined {
  const at = text.indexOf('=')
  if (at < 1) return undefined
  return { ...before, [text.slice(0, at)]: valueOf(text.slice(at + 1)) }
}

function valueOf(text: string): string | number | boolean {
  if (!/^(?:true|false|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|".*")$/i.test(text)) return text
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : text
  } catch {
    return text
  }
}

/** As they are written on a command line: `gpu=true zone=eu`. */
export function formatCapabilities(capabilities: Capabilities = {}): string {
  return Object.entries(capabilities)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}
