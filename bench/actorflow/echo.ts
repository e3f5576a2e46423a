import { defineActor } from 'actorflow'
import type { SmallItem } from '../work/small-items.ts'

/** Gives back what it is called with. */
export const echo = defineActor(import.meta.url, { echo: (item: SmallItem): SmallItem => item })
