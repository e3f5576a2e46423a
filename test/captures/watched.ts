import { hostname } from 'node:os'
import { join } from 'node:path'

/** The document of the pipeline that is watched. */
export const document: string = join(import.meta.dirname, 'word-count.yaml')

/** How long it has run, in seconds, as a picture has it; 0 where it does not run in it. */
export function secondsIn(picture: string): number {
  return Number(/^word-count {2}([\d.]+) s\b/m.exec(picture)?.[1] ?? 0)
}

/** A picture as it is to be shown: without the name of this machine, and the spaces at the ends of its lines. */
export function shown(picture: string): string {
  return picture
    .replaceAll(new RegExp(`\\b${RegExp.escape(hostname())}(?= |,)`, 'g'), 'here')
    .replaceAll(/ +$/gm, '')
    .trim()
}
