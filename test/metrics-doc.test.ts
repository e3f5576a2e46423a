import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { actorsMetric, metricTable } from '../observability/metric-table.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/metrics.md'), 'utf8')

const rows = Array.from(page.matchAll(/^\| `(?:actorflow|nodejs|v8js|process)\.[^\n]*\|$/gm), ([row]) =>
  row
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim()),
)

describe('docs/metrics.md', () => {
  it('has a row for each metric, in order, that says what it is', () => {
    expect(rows).toEqual(
      [...metricTable, actorsMetric].map(({ name, kind, unit, labels, description }) => [
        `\`${name}\``,
        kind,
        unit,
        labels.map((label) => `\`${label}\``).join(', '),
        description,
      ]),
    )
  })

  it('is about metrics of different names, that say what they are in a sentence', () => {
    const names = metricTable.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { description } of metricTable) expect(description).toMatch(/^[A-Z].*\.$/)
  })
})
