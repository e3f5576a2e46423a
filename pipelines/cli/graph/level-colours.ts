import type { GraphLevel } from './graph.ts'

/** How a stage that runs is coloured; readable on light and on dark paper. */
interface LevelColour {
  readonly fill: string
  readonly stroke: string
  readonly text: string
}

export const levelColours: Readonly<Record<GraphLevel, LevelColour>> = {
  free: { fill: '#d9f2e0', stroke: '#1a7f37', text: '#10331d' },
  held: { fill: '#fff3c4', stroke: '#9a6700', text: '#3d2b00' },
  blocked: { fill: '#ffe0cc', stroke: '#bc4c00', text: '#4a1f00' },
  full: { fill: '#ffd7d9', stroke: '#cf222e', text: '#4d0a10' },
  ended: { fill: '#e6e8eb', stroke: '#6e7781', text: '#24292f' },
}
