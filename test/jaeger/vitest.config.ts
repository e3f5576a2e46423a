import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Apart from the others: they need a Jaeger. */
const config: ViteUserConfig = defineConfig({
  test: {
    name: 'jaeger',
    root: import.meta.dirname,
    include: ['*.jaeger.ts'],
    testTimeout: 120_000,
    fileParallelism: false,
  },
})

export default config
