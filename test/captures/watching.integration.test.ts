import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../support/run-program.ts'
import { captureGraph } from './graph.ts'
import { captureLiveView } from './live-view.ts'
import { captureTop } from './top.ts'

const page = readFileSync(join(root, 'docs/watching.md'), 'utf8')

/** What the page shows under that name. */
function shownAs(name: string): string {
  return new RegExp(`^<!-- capture: ${name} -->\n\`\`\`text\n([^]*?)\n\`\`\`$`, 'm').exec(page)?.[1] ?? ''
}

/** What is the same in each run: the names and the columns, but no figures, and not who waits at that moment. */
function shapeOf(picture: string): string[] {
  return picture.split('\n').map((line) =>
    line
      .replace(/ +(?:waits for|blocked by) [\w ]+$/, '')
      .replaceAll(/[█▒·]{14}/g, '=')
      .replaceAll(/\b[0-9a-f]{12}\b/g, 'ID')
      .replaceAll(/\b\d[\d.,:]*(?:[kM]\b)?/g, '0')
      .replaceAll(/ +/g, ' ')
      .trim(),
  )
}

describe('docs/watching.md', () => {
  it('shows the drawing that flow graph makes', async () => {
    expect(shownAs('graph')).toBe((await captureGraph()).trimEnd())
  })

  it('shows the live view as flow run draws it', async () => {
    expect(shapeOf(await captureLiveView(2))).toEqual(shapeOf(shownAs('live')))
  })

  it('shows flow top as it is drawn, over two programs', async () => {
    expect(shapeOf(await captureTop(2))).toEqual(shapeOf(shownAs('top')))
  })
})
