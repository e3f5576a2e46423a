import { defineActor } from 'actorflow'
import { shapedItems } from '../work/shaped-items.ts'

export const shapedSource = defineActor(import.meta.url, { shapedItems })
