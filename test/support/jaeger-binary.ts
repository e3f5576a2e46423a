import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** What Jaeger's program is called: version 2, version 1, and version 1 as `go build` calls it. */
const names = ['jaeger', 'jaeger-all-in-one', 'all-in-one']

/** What to say where there is none. */
export const howToGetJaeger =
  'there is no Jaeger: JAEGER_BIN names none, and there is none on PATH or in GOPATH/bin. Its binary is at ' +
  'https://www.jaegertracing.io/download/; where there is Go, `bash test/jaeger/install.sh` builds one (some 4 minutes of one core)'

/** The path of a Jaeger: JAEGER_BIN, or one on PATH, or in GOPATH/bin. Throws if JAEGER_BIN names none. */
export function findJaeger(): string | undefined {
  const named = process.env['JAEGER_BIN']
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named
    throw new Error(`JAEGER_BIN is ${named}, which is no program`)
  }
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(goPath(), 'bin')]
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram)
}

function goPath(): string {
  try {
    return execFileSync('go', ['env', 'GOPATH'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return process.env['GOPATH'] ?? join(homedir(), 'go')
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
