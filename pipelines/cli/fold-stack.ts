import { fileURLToPath } from 'node:url'

/** Where our own sources are: the clone, or `dist/` of the package. */
const ownRoot = fileURLToPath(new URL('../../', import.meta.url))
const ownFolder = /^(engine|operators|registry|observability|pipelines)[/\\]/

/**
 * The frames of a stack trace without those of Node and of this project: a reader looks for a line of theirs. Each run of
 * others becomes one line that counts them. The lines before the first frame, name and message, are left out.
 */
export function foldStack(stack: string, root: string = ownRoot): string[] {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line))
  const lines: string[] = []
  let folded = 0
  const flush = (): void => {
    if (folded > 0) lines.push(`    … ${folded} ${folded === 1 ? 'frame' : 'frames'} of node and actorflow`)
    folded = 0
  }
  for (const frame of frames) {
    if (isForeign(frame, root)) {
      folded++
      continue
    }
    flush()
    lines.push(`    ${frame.trim()}`)
  }
  flush()
  return lines
}

function isForeign(frame: string, root: string): boolean {
  const place = /\((?<inside>[^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/.exec(frame)?.groups?.['inside']
  const whole = (place ?? frame.replace(/^\s*at (async )?/, '')).trim()
  // Compiled text, `eval at compile (file), <anonymous>:1:2`, is of whoever compiled it.
  const where = /^eval at [^(]*\((?<maker>[^)]*)/.exec(whole)?.groups?.['maker'] ?? whole
  if (where.startsWith('node:') || where === '<anonymous>' || where === 'native') return true
  const path = where.startsWith('file:') ? pathOf(where) : where
  return path.startsWith(root) && ownFolder.test(path.slice(root.length))
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}
