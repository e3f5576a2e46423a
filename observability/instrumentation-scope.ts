import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

/** What all spans, metrics and log records of this library are told by: who made them, and by which conventions they are named. */
export interface InstrumentationScope {
  readonly name: string
  readonly version: string
  readonly schemaUrl: string
}

export const instrumentationScope: InstrumentationScope = {
  name: 'actorflow',
  version: readVersion(),
  schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
}

function readVersion(): string {
  // Beside the sources in a clone, one folder further up from dist/.
  const manifest = findPackageJSON('..', import.meta.url)
  if (manifest === undefined) return 'unknown'
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
