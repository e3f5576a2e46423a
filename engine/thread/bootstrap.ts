/** The entry point of an actor's thread; `thread/launch.ts` starts it. */
import { bootThread } from './boot.ts'

bootThread()
