import { checkDocument } from '../../pipelines/cli/check-document.ts'
import type { InterruptSignal } from '../../pipelines/cli/exit-code.ts'
import { runCommand } from '../../pipelines/cli/run-command.ts'
import { openPipeline } from '../../pipelines/index.ts'
import { createScreen } from '../pipelines/cli/screen.ts'
import { waitUntil } from '../support/wait-until.ts'
import { document, isSettled, shown } from './watched.ts'

/** The live view of `flow run` on a terminal of 132 columns, some seconds after its beginning. */
export async function captureLiveView(afterSeconds = 4): Promise<string> {
  const screen = createScreen(12, 132)
  let signal: ((name: InterruptSignal) => void) | undefined
  const ended = runCommand(
    document,
    { view: 'live' },
    {
      stderr: screen,
      check: checkDocument,
      environment: {},
      attachments: async () => [],
      traceNotes: () => [],
      open: openPipeline,
      onSignal: (listener) => {
        signal = listener
        return { [Symbol.dispose]: () => {} }
      },
      exit: (code) => {
        throw new Error(`flow run is left with ${code}`)
      },
    },
  )
  await waitUntil(() => isSettled(screen.text(), afterSeconds), { withinMs: 30_000, describe: screen.text })
  const picture = screen.text()
  signal?.('SIGTERM')
  await ended
  return shown(picture)
}
