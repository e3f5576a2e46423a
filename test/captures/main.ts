// Fills in what the pages of docs/ show of the terminal: node --run docs:captures
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/run-program.ts'
import { capturesOf, fillIn } from './fill-in.ts'
import { captureFlowTrace } from './flow-trace.ts'
import { captureGraph } from './graph.ts'
import { captureLiveView } from './live-view.ts'
import { captureTop } from './top.ts'

/** How each is made. */
const makers: ReadonlyMap<string, () => Promise<string>> = new Map([
  ['graph', captureGraph],
  ['live', () => captureLiveView()],
  ['top', () => captureTop()],
  ['trace', captureFlowTrace],
])

for (const page of globSync('docs/*.md', { cwd: root })) {
  const path = join(root, page)
  const text = readFileSync(path, 'utf8')
  const captures = new Map<string, string>()
  for (const name of capturesOf(text)) {
    const make = makers.get(name)
    if (make === undefined) throw new Error(`${page} has a place for the capture '${name}', which nobody makes`)
    captures.set(name, await make())
  }
  if (captures.size > 0) writeFileSync(path, fillIn(text, captures))
}
