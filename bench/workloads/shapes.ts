import type { Workload } from '../harness/workload.ts'

const contenders = (shapes: number, count: number) => {
  const args = ['--shapes', String(shapes), '--count', String(count)]
  return [
    { name: 'raw, maps', program: 'raw/shapes.ts', args: [...args, '--as', 'maps'] },
    { name: 'raw, records', program: 'raw/shapes.ts', args },
    { name: 'actorflow', program: 'actorflow/shapes.ts', args },
  ]
}

const workload = (name: string, shapes: number, count: number): Workload => ({
  name,
  title: `records of ${shapes.toLocaleString('en')} ${shapes === 1 ? 'shape' : 'shapes'}`,
  figures: { itemsPerSecond: 'items/s' },
  baseline: 'raw, maps',
  contenders: contenders(shapes, count),
})

export const oneShape: Workload = workload('shapes-1', 1, 1_500_000)
export const someShapes: Workload = workload('shapes-64', 64, 1_000_000)
export const manyShapes: Workload = {
  ...workload('shapes-1000', 1000, 400_000),
  bars: [{ of: 'actorflow', to: 'raw, maps', atLeast: 0.6 }],
}
