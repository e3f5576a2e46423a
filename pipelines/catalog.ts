import type { SinkDefinition, SourceDefinition } from './definition.ts'
import { dropSink } from './sinks/drop.ts'
import { fileSink } from './sinks/file.ts'
import { stdoutSink } from './sinks/stdout.ts'
import { fileSource } from './sources/file.ts'
import { generateSource } from './sources/generate.ts'
import { stdinSource } from './sources/stdin.ts'

/** The built-in sources by the name that a document calls them. */
export const sources: Readonly<Record<string, SourceDefinition>> = {
  file: fileSource,
  generate: generateSource,
  stdin: stdinSource,
}

/** The built-in sinks by the name that a document calls them. */
export const sinks: Readonly<Record<string, SinkDefinition>> = {
  drop: dropSink,
  file: fileSink,
  stdout: stdoutSink,
}
