import type { Pipeline } from '../pipeline.ts'
import { type InterruptSignal, signalExitCodes } from './exit-code.ts'

/** How far a run has been told to stop. */
type InterruptStep = 'none' | 'drain' | 'cancel' | 'kill'

/** The part of a pipeline that stops it. */
type Stoppable = Pick<Pipeline, 'drain' | 'cancel' | 'kill'>

/** What an interrupt does to the outside. */
export interface InterruptActions {
  say(line: string): void
  /** A drain or cancel did not end well; what the run itself fails with is said elsewhere. */
  stopFailed(error: unknown): void
  /** Ends the process at once. */
  exit(code: number): void
}

/**
 * The three steps in which signals stop a run: ctrl-c drains, a second one cancels, a third one kills; whoever is not a
 * person at a keyboard (SIGTERM, SIGHUP) begins with cancelling. One more after the kill ends the process.
 */
export interface Interrupt {
  readonly step: InterruptStep
  /** What the run is to end with because of the signals; undefined without any. */
  readonly exitCode: number | undefined
  /** Resolves when the pipeline was told to kill its processes. */
  readonly killed: Promise<void>
  signal(name: InterruptSignal): void
  /** The pipeline has started: applies what has come so far. Before that, a first signal is kept and a second one exits. */
  attach(pipeline: Stoppable): void
}

export function createInterrupt(actions: InterruptActions): Interrupt {
  let step: InterruptStep = 'none'
  let exitCode: number | undefined
  let pipeline: Stoppable | undefined
  const killed = Promise.withResolvers<void>()

  function apply(target: Stoppable, byHand: boolean): void {
    const again = byHand ? '; ctrl-c again to' : ''
    switch (step) {
      case 'none':
        return
      case 'drain':
        actions.say(`draining: the sources stop, what is in flight is finished${again && `${again} cancel`}`)
        target.drain().catch(actions.stopFailed)
        return
      case 'cancel':
        actions.say(`cancelling: all stages stop and clean up${again && `${again} kill`}`)
        target.cancel('interrupted').catch(actions.stopFailed)
        return
      case 'kill':
        actions.say('killing')
        target.kill()
        killed.resolve()
        return
    }
  }

  return {
    get step() {
      return step
    },
    get exitCode() {
      return exitCode
    },
    killed: killed.promise,
    signal(name) {
      const isFirst = step === 'none'
      exitCode = signalExitCodes[name]
      if (step === 'kill' || (pipeline === undefined && !isFirst)) {
        actions.exit(exitCode)
        return
      }
      step = nextStep(step, name)
      if (pipeline !== undefined) apply(pipeline, name === 'SIGINT')
      else
        actions.say(`stopping as soon as all stages have started${name === 'SIGINT' ? '; ctrl-c again to exit' : ''}`)
    },
    attach(started) {
      pipeline = started
      apply(started, exitCode === signalExitCodes.SIGINT)
    },
  }
}

function nextStep(step: InterruptStep, name: InterruptSignal): InterruptStep {
  switch (step) {
    case 'none':
      return name === 'SIGINT' ? 'drain' : 'cancel'
    case 'drain':
      return 'cancel'
    case 'cancel':
    case 'kill':
      return 'kill'
  }
}
