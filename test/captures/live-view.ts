import { checkDocument } from '../../pipelines/cli/check-document.ts'
import type { InterruptSignal } from '../../pipelines/cli/exit-code.ts'
import { runCommand } from '../../pipelines/cli/run-command.ts'
import { openPipeline } from '../../pipelines/index.ts'
import { createScreen } from '../pipelines/cli/screen.ts'
import { waitUntil } from '../support/wait-until.ts'
import { document, secondsIn, shown } from './watched.ts'

/** The live view of `flow run` on a terminal of 120 columns, some seconds after its beginning. */
export async function captureLiveView(afterSeconds = 4): Promise<string> {
  const screen = createScreen(12, 120)
  let signal: ((name: InterruptSignal) => void) | undefined
  const ended = runCommand(
    document,
    { view: 'live' },
    {
      stderr: screen,
      check: checkDocument,
      attachments: async () => [],
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
  await waitUntil(() => secondsIn(screen.text()) >= afterSeconds, { withinMs: 30_000, describe: screen.text })
  const picture = screen.text()
  signal?.('SIGTERM')
  await ended
  return shown(picture)
}
