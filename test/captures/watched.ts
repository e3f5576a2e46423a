import { hostname } from 'node:os'
import { join } from 'node:path'

/** The document of the pipeline that is watched. */
export const document: string = join(import.meta.dirname, 'word-count.yaml')

/** Whether a picture has it as it is to be seen: flowing, for so long, and with its slow stage and those who wait for it. */
export function isSettled(picture: string, afterSeconds: number): boolean {
  const seconds = Number(/^word-count {2}([\d.]+) s\b/m.exec(picture)?.[1] ?? 0)
  return (
    seconds >= afterSeconds &&
    /^bottleneck: words \(.*lines.*longer/m.test(picture) &&
    !/^report .* 0\/s/m.test(picture)
  )
}

/** A picture as it is to be shown: without the name of this machine, and the spaces at the ends of its lines. */
export function shown(picture: string): string {
  return picture
    .replaceAll(new RegExp(`\\b${RegExp.escape(hostname())}(?= |,)`, 'g'), 'here')
    .replaceAll(/ +$/gm, '')
    .trim()
}
