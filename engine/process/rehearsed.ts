// An actor's module as any other, for a process to import that is made ready. Built, it imports the package by its name
// (`bin/bundle.js`): that, and `import.meta`, take a process the longest the first time.
import { type Definition, defineActor } from '../definition.ts'

function nothing(): void {}

export const rehearsed: Definition<{ nothing(): void }> = defineActor(import.meta.url, { nothing })
