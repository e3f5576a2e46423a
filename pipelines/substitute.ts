/** The environment that `${NAME}` in a document is looked up in. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The outcome of a substitution. */
export interface Substitution {
  readonly text: string
  /** True when a variable was put in, so that the text may stand for a number. */
  readonly changed: boolean
  /** What could not be substituted, each with the index in the original text where it begins. */
  readonly failures: readonly { readonly index: number; readonly message: string }[]
}

const pattern = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:-)([^}]*))?\}|\$\{/g

/**
 * Replaces `${NAME}` and `${NAME:-default}` (used where NAME is unset or empty) by their values. `$${` stands for a plain
 * `${`. What a variable brings in is not substituted again.
 */
export function substitute(text: string, environment: Environment): Substitution {
  const failures: { index: number; message: string }[] = []
  let changed = false
  const result = text.replace(pattern, (match, name: string | undefined, fallback: string | undefined, ...rest) => {
    if (match === '$${') return '${'
    const index = rest[1] as number
    if (name === undefined) {
      failures.push({
        index,
        message: "'${' begins no variable: write ${NAME}, ${NAME:-default}, or $${ for a plain ${",
      })
      return ''
    }
    changed = true
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined
    if (fallback !== undefined) return value === undefined || value === '' ? (rest[0] as string) : value
    if (value === undefined) failures.push({ index, message: `the variable ${name} is not set and has no default` })
    return value ?? ''
  })
  return { text: result, changed, failures }
}

/** Reads text as the plain YAML scalar it would be: `12` is a number, `true` a boolean, `null` nothing. */
export function readPlainScalar(text: string): string | number | boolean | null {
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text)) return Number(text)
  if (text === 'true') return true
  if (text === 'false') return false
  return text === 'null' ? null : text
}
