/**
 * The thread beside an actor that is debugged; `open-inspector.ts` starts it. It has V8 stop the main thread where an error
 * is thrown that its user's code does not catch. Then it stays stopped until a debugger resumes it.
 */
import { writeSync } from 'node:fs'
import { type Debugger, type Runtime, Session } from 'node:inspector/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { ActorId } from '../errors.ts'

const { actor, url } = workerData as { actor: ActorId; url: string }
const session = new Session()
const scripts = new Map<string, string>()

// How a cancelled task ends, and what was held already in the actor where it was thrown.
const expected = ['FLOW_CONTEXT_CANCELLED', 'FLOW_CHANNEL_CLOSED', 'FLOW_REMOTE', 'ABORT_ERR']

// Runs in the thread that is stopped. A debugger that attaches later is told where it stopped, but not why.
const lookAtError = `function () {
  globalThis.thrownError = this
  const { code, name, message } = this
  return { code, text: String(name) + ': ' + String(message) }
}`

interface Thrown {
  readonly text: string
  readonly code?: unknown
}

async function look(data: { objectId?: string; description?: string; value?: unknown }): Promise<Thrown> {
  const { objectId, description, value } = data
  if (objectId === undefined) return { text: description ?? String(value) }
  const call = { objectId, functionDeclaration: lookAtError, returnByValue: true, silent: true }
  const looked = (await session.post('Runtime.callFunctionOn', call)) as unknown as Runtime.CallFunctionOnReturnType
  return looked.exceptionDetails === undefined ? (looked.result.value as Thrown) : { text: description ?? 'something' }
}

async function onPaused({ reason, data, callFrames }: Debugger.PausedEventDataType): Promise<void> {
  // Breakpoints, and what is caught, are the business of a debugger that is attached.
  const thrown: { uncaught?: boolean; objectId?: string; description?: string } | undefined = data
  if ((reason !== 'exception' && reason !== 'promiseRejection') || thrown?.uncaught !== true) return
  const { text, code } = await look(thrown)
  if (typeof code === 'string' && expected.includes(code)) return await session.post('Debugger.resume')
  const [frame] = callFrames
  const where = frame === undefined ? '' : ` in ${frame.functionName || '(anonymous)'} (${placeOf(frame)})`
  const held = `actorflow: actor '${actor.name}' (${actor.id}) threw ${text}${where}`
  const how = `open chrome://inspect, or connect to ${url}; the error is there as thrownError`
  writeSync(2, `${held}: it is held there for a debugger: ${how}\n`)
}

function placeOf({ location }: Debugger.CallFrame): string {
  return `${scripts.get(location.scriptId) ?? ''}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`
}

// Keeps this thread alive; the main thread ends it.
parentPort?.on('message', () => undefined)
session.connectToMainThread()
session.on('Debugger.scriptParsed', ({ params }) => void scripts.set(params.scriptId, params.url))
session.on('Debugger.paused', ({ params }) => void onPaused(params))
await session.post('Debugger.enable')
await session.post('Debugger.setPauseOnExceptions', { state: 'uncaught' })
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a thread's, not a window's
parentPort?.postMessage('ready')
