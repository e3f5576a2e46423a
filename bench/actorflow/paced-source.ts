import { defineActor } from 'actorflow'
import { pacedItems } from '../work/paced-items.ts'

export const pacedSource = defineActor(import.meta.url, { pacedItems })
