import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { captureFlowTrace } from './captures/flow-trace.ts'
import { root } from './support/run-program.ts'

const page = readFileSync(join(root, 'docs/traces.md'), 'utf8')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The kinds of lines that are shown: without times, ids, numbers and bars, which differ from run to run. */
function kindsOf(session: string): string[] {
  const lines = session
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'DATE')
        .replaceAll(/\b[0-9a-f]{32}\b|(?<=run\.jsonl )[0-9a-f]{6}$/g, 'ID')
        .replaceAll(/[≈≤+]?\d[\d.]* (?:µs|ms|s)\b/g, 'TIME')
        .replaceAll(/(?<=#|:)\d+|\d+(?= hops| +ID)/g, 'N')
        .replaceAll(/(?<=TIME)[░─▒█▏ ]+$/g, '')
        .replaceAll(/ +/g, ' '),
    )
  // Whether a row has a link to these words depends on which of the two actors of their stage was first.
  return [...new Set(lines)].filter((line) => !line.includes('it is in ')).sort()
}

describe('docs/traces.md', () => {
  it('shows what flow trace shows (`npm run docs:captures` makes it again)', async () => {
    const [, shown = ''] = /^<!-- capture: trace -->\n```text\n([^]*?)^```$/m.exec(page) ?? []
    expect(kindsOf(shown)).toContain('├ words#N → counts TIME TIME TIME TIME')
    expect(kindsOf(await captureFlowTrace())).toEqual(kindsOf(shown))
    // The README has the same run.
    expect(readme).toContain(`npx ${/^\$ (flow run .*)$/m.exec(shown)?.[1]}\nnpx flow trace run.jsonl --slowest 3\n`)
  })

  it('has the same Jaeger as the README, and the examples that are looked at in one', () => {
    const [jaeger = ''] = /^docker run .*$/m.exec(page) ?? []
    expect(jaeger).toMatch(/ jaegertracing\/jaeger:[\d.]+$/)
    expect(readme).toContain(`\n${jaeger}\n`)
    expect(`${page}${readme}`.match(/npx flow run examples\/weather\/pipeline\.yaml --trace otlp\b/g)).toHaveLength(2)
    expect(page).toContain('OTEL_TRACES_EXPORTER=otlp npx node examples/aggregate.ts 100\n')
  })
})
