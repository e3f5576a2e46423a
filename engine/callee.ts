import type { ActorRuntime, ServedTask } from './actor-runtime.ts'
import type { Channel, ContextEnd } from './channel.ts'
import { type Context, isContextFunction } from './context.ts'
import type { ContextStatus } from './context-status.ts'
import { callExposed, exposeIterator } from './debugger/expose-throws.ts'
import type { AnyFunction } from './definition.ts'
import { DuplexStream } from './duplex-stream.ts'
import {
  ActorDrainingError,
  ActorExitError,
  type ActorId,
  ActorTooSlowError,
  ContextCancelledError,
  DeadlineExceededError,
  FlowError,
  NotExposedError,
  StreamOverrunError,
  UsageError,
} from './errors.ts'
import { CallKind, type ContextFrame, Kind, type StartFrame, type TerminalFrame } from './frame.ts'
import type { Followed, Headers, Outcome, Serving } from './interceptor.ts'
import { endItem } from './item-trace.ts'
import { MessageReceiver, type ReceiverInlet } from './message-receiver.ts'
import { MessageSender } from './message-sender.ts'
import type { MessageStream } from './message-stream.ts'
import { pump } from './pump.ts'
import { readyAlone } from './ready-to-send.ts'
import { packDirectError, packError } from './remote-error.ts'
import { isCancellationOf, isLoss, runInScope, Scope } from './scope.ts'
import { steadyMs } from './steady-clock.ts'
import { Timer } from './timer.ts'

/** Runs the function that a `start` frame asks for. */
export function serveStart(runtime: ActorRuntime, channel: Channel, frame: StartFrame): void {
  new Callee(runtime, channel, frame).run()
}

const callKinds = { [CallKind.run]: 'run', [CallKind.stream]: 'stream', [CallKind.context]: 'context' } as const

/** The callee's end of a context: one task, and exactly one terminal frame. */
class Callee implements ContextEnd, ServedTask, Serving {
  readonly #runtime: ActorRuntime
  readonly #channel: Channel
  readonly #frame: StartFrame
  readonly #id: number
  readonly #scope: Scope
  #followed: Followed | undefined
  #sender: MessageSender | undefined
  #receiver: MessageReceiver<unknown> | undefined
  #started = false
  #done = false
  #deadline: Timer | undefined
  #grace: NodeJS.Timeout | undefined
  // Made for whoever waits for the end: for most tasks nobody does.
  #settled: PromiseWithResolvers<void> | undefined

  constructor(runtime: ActorRuntime, channel: Channel, frame: StartFrame) {
    this.#runtime = runtime
    this.#channel = channel
    this.#frame = frame
    this.#id = frame[1]
    const deadlineMs = frame[8]
    const deadlineAt = deadlineMs > 0 ? steadyMs() + deadlineMs : Infinity
    this.#scope = new Scope(runtime, runtime.scope, { deadlineAt })
    this.#scope.serving = this
    if (deadlineMs > 0) {
      this.#deadline = new Timer(deadlineMs, () => this.#cancel(new DeadlineExceededError(deadlineMs)))
    }
  }

  get isUsers(): boolean {
    return this.#frame[3] === ''
  }

  get #isDebugged(): boolean {
    return this.#runtime.tree.debug && this.isUsers
  }

  get settled(): Promise<void> {
    this.#settled ??= Promise.withResolvers()
    if (this.#done) this.#settled.resolve()
    return this.#settled.promise
  }

  /** What the interceptor knows of the call, if it follows it. */
  get trace(): unknown {
    return this.#followed?.trace
  }

  run(): void {
    if (this.#frame[9] !== undefined) this.#show(this.#frame[9])
    this.#channel.adopt(this.#id, this)
    this.#runtime.tasks.add(this)
    // An actor that is ending takes no new work: the function is not even called.
    if (this.#scope.reason !== undefined) return this.#fail(this.#scope.reason)
    if (this.#runtime.draining && this.isUsers) return this.#refuse(new ActorDrainingError(this.#runtime.self))
    this.#scope.onCancel(() => this.#startGrace())
    runInScope(this.#scope, () => this.#invoke())
  }

  #show(headers: Headers): void {
    const { interceptor, self } = this.#runtime
    if (interceptor?.callReceived === undefined || !this.isUsers) return
    const kind = callKinds[this.#frame[2]]
    const call = { kind, from: this.#channel.peer, to: self, functionName: this.#frame[4] }
    this.#followed = interceptor.callReceived(call, headers)
    const itemTrace = this.#followed?.itemTrace
    if (itemTrace !== undefined) this.#scope.beginWith(itemTrace)
  }

  #invoke(): void {
    const [, , call, service, name, args] = this.#frame
    try {
      const fn = this.#lookUp(service, name)
      if (this.isUsers) this.#runtime.took(call)
      const value = isContextFunction(fn)
        ? this.#callContextFunction(fn as AnyFunction, args)
        : this.#isDebugged
          ? callExposed(() => fn(...args))
          : fn(...args)
      if (call === CallKind.run && !isThenable(value)) this.#answer(value)
      else void this.#follow(value)
    } catch (error) {
      this.#fail(error)
    }
  }

  async #follow(value: unknown): Promise<void> {
    try {
      const isContext = this.#sender !== undefined
      if (this.#frame[2] === CallKind.run || isContext) this.#answer(await value)
      else this.#answer(await this.#pump(isThenable(value) ? await value : value))
    } catch (error) {
      this.#fail(error)
    }
  }

  #lookUp(service: string, name: string): AnyFunction {
    const functions = this.#runtime.services.get(service)
    const fn = functions !== undefined && Object.hasOwn(functions, name) ? functions[name] : undefined
    const call = this.#frame[2]
    const where = service === '' ? '' : `${service}.`
    if (fn === undefined) throw this.#notExposed(`does not expose '${where}${name}'`)
    if (call === CallKind.context && !isContextFunction(fn)) {
      throw this.#notExposed(`exposes '${name}', but not as a context function: use portal.run or portal.stream`)
    }
    if (call === CallKind.run && isContextFunction(fn)) {
      throw this.#notExposed(`exposes '${name}' as a context function: use portal.openContext or portal.stream`)
    }
    if (call === CallKind.run && isGeneratorFunction(fn)) {
      throw this.#notExposed(`exposes '${name}' as a generator: use portal.stream`)
    }
    return fn
  }

  #notExposed(why: string): NotExposedError {
    return new NotExposedError(this.#runtime.self, this.#frame[4], why)
  }

  #openSender(): MessageSender {
    const hop = { from: this.#runtime.self, to: this.#channel.peer, functionName: this.#frame[4] }
    const sender = new MessageSender(this.#channel, this.#id, hop, this.#runtime.interceptor)
    sender.grant(this.#frame[6], this.#frame[7])
    this.#sender = sender
    return sender
  }

  async #pump(value: unknown): Promise<unknown> {
    const asyncSource = (value as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator]?.()
    const source = asyncSource ?? (value as Iterable<unknown> | undefined)?.[Symbol.iterator]?.()
    if (source === undefined || typeof value === 'string') {
      throw this.#notExposed(`exposes '${this.#frame[4]}', but it is not a generator: use portal.run`)
    }
    if (this.#isDebugged) await pump(exposeIterator(source), true, this.#openSender(), this.#scope)
    else await pump(source, asyncSource !== undefined, this.#openSender(), this.#scope)
    return undefined
  }

  #callContextFunction(fn: AnyFunction, args: unknown[]): unknown {
    const sender = this.#openSender()
    const hop = { from: this.#channel.peer, to: this.#runtime.self, functionName: this.#frame[4] }
    const inlet: ReceiverInlet = {
      grant: (count, bytes, when) => this.#channel.grant(this.#id, count, bytes, when),
      interrupted: () => Promise.resolve(),
    }
    const receiver = new MessageReceiver<unknown>(inlet, this.#runtime.window, hop, this.#runtime.interceptor)
    this.#receiver = receiver
    if (this.#frame[2] === CallKind.context) inlet.grant(this.#runtime.window.count, this.#runtime.window.bytes, 'next')
    else receiver.finish(undefined)
    const stream = new DuplexStream<unknown, unknown>(receiver, () => this.#sendingHalf(sender), {
      leave: async () => receiver.leave(),
      stop: async () => sender.end([Kind.stop, this.#id]),
    })
    const ctx: Context<unknown, unknown, unknown> = new CalleeContext(this.#channel.peer, this.#scope, stream, {
      started: (value) => this.#sendStarted(value),
      cancel: (reason) => this.#cancel(new ContextCancelledError(this.#runtime.self, reason)),
    })
    return this.#isDebugged ? callExposed(() => fn(ctx, ...args)) : fn(ctx, ...args)
  }

  #sendingHalf(sender: MessageSender): MessageSender {
    if (this.#frame[2] === CallKind.context && !this.#started) {
      throw new UsageError(
        `'${this.#frame[4]}' sent an item before it called started(): its caller still waits for that`,
      )
    }
    return sender
  }

  #sendStarted(value: unknown): void {
    if (this.#started) throw new UsageError(`'${this.#frame[4]}' called started() twice`)
    this.#scope.throwIfCancelled()
    const ready = readyAlone(value, 'the value of started()', this.#channel.maxItemBytes)
    this.#started = true
    this.#followed?.event('started')
    if (this.#frame[2] === CallKind.context) {
      this.#channel.post([Kind.started, this.#id, ready.value], ready.weight)
    }
  }

  receive(frame: ContextFrame): void {
    switch (frame[0]) {
      case Kind.credit:
        return this.#sender?.grant(frame[2], frame[3])
      case Kind.cancel:
        return this.#cancel(new ContextCancelledError(frame[2], frame[3]))
      case Kind.yield:
        if (this.#receiver?.push(frame[2], frame[3], frame[4]) === false) {
          this.#cancel(new StreamOverrunError(`${frame[2].length} items for '${this.#frame[4]}'`))
        }
        return
      case Kind.stop:
        return this.#receiver?.finish(undefined)
      default:
      // Marks have no reader yet; what only a callee may send is not for this end.
    }
  }

  describe(): ContextStatus {
    return { side: 'callee', waitsFor: this.#waitsFor(), ...this.#flows() }
  }

  #flows(): Pick<ContextStatus, 'service' | 'functionName' | 'sent' | 'received'> {
    const [sender, receiver] = [this.#sender, this.#receiver]
    return {
      service: this.#frame[3],
      functionName: this.#frame[4],
      ...(sender === undefined ? {} : { sent: sender.status }),
      ...(receiver === undefined || this.#frame[2] === CallKind.stream ? {} : { received: receiver.status }),
    }
  }

  #waitsFor(): string {
    if (this.#scope.reason !== undefined) return 'the end of its cancelled function'
    const halves = this.#sender?.waitsFor ?? this.#receiver?.waitsFor
    if (halves !== undefined) return halves
    if (this.#receiver !== undefined) return 'its function to send, receive or return'
    return this.#frame[2] === CallKind.stream ? 'its generator to yield' : 'its function to return'
  }

  broken(error: Error): void {
    // First: whoever the sender wakes must see that it is over.
    this.#cancel(error)
    this.#receiver?.finish(error)
    this.#sender?.fail(error)
  }

  #cancel(reason: Error): void {
    this.#scope.cancel(reason)
  }

  /** A cancelled task has so long to unwind; then its caller is told, and it is left to itself. */
  #startGrace(): void {
    if (this.#done) return
    const { options, scope } = this.#runtime
    const { cancelGraceMs } = options.graces
    this.#grace = setTimeout(() => {
      // When the whole actor is ending, its parent has the clock.
      if (options.parent !== undefined && scope.reason !== undefined) return
      const error = new ActorTooSlowError(this.#runtime.self, `'${this.#frame[4]}'`, cancelGraceMs)
      // Its caller has its own reason to go on; that something still runs here is to be known all the same.
      this.#runtime.log.warn(
        `'${this.#frame[4]}' did not end within ${cancelGraceMs} ms of being cancelled: it is left to itself`,
      )
      this.#fail(error)
    }, cancelGraceMs)
  }

  #answer(value: unknown): void {
    if (this.#frame[2] === CallKind.context && !this.#started && !this.#done) {
      return this.#fail(new UsageError(`context function '${this.#frame[4]}' returned without calling started()`))
    }
    try {
      const result = this.#frame[2] === CallKind.stream ? undefined : value
      if (isIterator(result)) throw this.#notExposed(`exposes '${this.#frame[4]}' as a generator: use portal.stream`)
      const ready = readyAlone(result, `the result of '${this.#frame[4]}'`, this.#channel.maxItemBytes)
      this.#settle([Kind.return, this.#id, ready.value], ready.weight)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(thrown: unknown): void {
    const { self } = this.#runtime
    const cancelled = this.#scope.reason
    const error = isCancellationOf(this.#scope, thrown) ? cancelled : thrown
    const direct =
      error instanceof FlowError &&
      (error === cancelled || error instanceof NotExposedError || error instanceof ActorTooSlowError)
    const packed = direct ? packDirectError(error, self) : packError(error, self)
    // The end of a child of its own is a failure here.
    const isOwn = error instanceof ActorExitError || !isLoss(error)
    if (cancelled !== undefined && error !== cancelled && isOwn) packed.unwinding = true
    if (error !== cancelled && this.isUsers) this.#runtime.errors.add(codeOf(error))
    this.#followed?.ended(this.#outcome(error))
    endItem(this.#scope, error)
    this.#settle([Kind.error, this.#id, packed])
  }

  #outcome(error: unknown): Outcome {
    const itemsIn = this.#receiver?.receivedCount
    const itemsOut = this.#sender?.sentCount
    const items = { ...(itemsIn !== undefined && { itemsIn }), ...(itemsOut !== undefined && { itemsOut }) }
    if (error === undefined) return items
    return error === this.#scope.reason ? { ...items, cancelled: true } : { ...items, error }
  }

  #refuse(error: FlowError): void {
    if (this.isUsers) this.#runtime.errors.add(error.code)
    this.#followed?.ended({ error })
    this.#settle([Kind.error, this.#id, packDirectError(error, this.#runtime.self)])
  }

  #settle(terminal: TerminalFrame, weight = 0): void {
    if (this.#done) return
    this.#done = true
    endItem(this.#scope)
    if (this.#sender !== undefined) this.#runtime.traffic.add({ ...this.#flows(), peer: this.#channel.peer.name })
    this.#followed?.ended(this.#outcome(undefined))
    this.#deadline?.clear()
    clearTimeout(this.#grace)
    if (this.#sender === undefined || this.#channel.gone !== undefined) this.#channel.post(terminal, weight)
    else this.#sender.end(terminal, weight)
    this.#receiver?.discard()
    this.#channel.detach(this.#id)
    this.#scope.close()
    this.#runtime.tasks.delete(this)
    this.#settled?.resolve()
  }
}

class CalleeContext implements Context<unknown, unknown, unknown> {
  readonly caller: ActorId
  readonly stream: MessageStream<unknown, unknown>
  readonly #scope: Scope
  readonly #actions: { started(value: unknown): void; cancel(reason: string): void }

  constructor(
    caller: ActorId,
    scope: Scope,
    stream: MessageStream<unknown, unknown>,
    actions: { started(value: unknown): void; cancel(reason: string): void },
  ) {
    this.caller = caller
    this.stream = stream
    this.#scope = scope
    this.#actions = actions
  }

  get signal(): AbortSignal {
    return this.#scope.signal
  }

  async started(value?: unknown): Promise<void> {
    this.#actions.started(value)
  }

  sendYield(item: unknown): Promise<void> {
    return this.stream.send(item)
  }

  cancel(reason = 'cancelled by its callee'): void {
    this.#actions.cancel(reason)
  }
}

/** What errors are counted by. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'not an Error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function isIterator(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'next' in value &&
    typeof value.next === 'function' &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  )
}

function isGeneratorFunction(fn: AnyFunction): boolean {
  return fn.constructor.name === 'GeneratorFunction' || fn.constructor.name === 'AsyncGeneratorFunction'
}
