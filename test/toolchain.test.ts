import { readFileSync } from 'node:fs'
import { isNativeAccelerationEnabled } from 'msgpackr'
import { expect, it } from 'vitest'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

it('runs on the pinned Node, whatever node the machine has', () => {
  expect(process.version).toMatch(/^v24\./)
  expect(manifest.engines.node).toBe('>=24')
})

it('has the native part of msgpackr', () => {
  expect(isNativeAccelerationEnabled).toBe(true)
})
