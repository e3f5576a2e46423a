/** The entry point of an actor's process; `process/start.ts` starts it. */
import { bootProcess } from './process/boot.ts'

await bootProcess()
