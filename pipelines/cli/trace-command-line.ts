import { type Command, InvalidArgumentError } from 'commander'
import type { TraceOptions } from './trace-command.ts'

export interface TraceCommandAction {
  trace(file: string, item: string | undefined, options: TraceOptions): Promise<number>
}

const notes = `
The file is one that flow run --record-traces wrote, or the OTLP/JSON of a collector's file exporter. ITEM is the number of an item
at its source, from 0 (17, or lines:17 where there are several sources), or the beginning of a trace id. Without it, the
traces of the file are listed.

Of each hop: how long the item waited for credit, was on the wire, was queued at its receiver, and in the handler there. On the
wire it is between two clocks: ≈ where they did not agree, ≤ where it is not known how long it was queued.

Examples:
  flow run pipeline.yaml --record-traces run.jsonl --trace-ratio 0.1
  flow trace run.jsonl                   the traces that it has
  flow trace run.jsonl 17                the path of item 17
  flow trace run.jsonl --slowest 5       those of the 5 that took longest`

/** Adds `flow trace`. */
export function addTraceCommand(program: Command, actions: TraceCommandAction, ended: (code: number) => void): void {
  program
    .command('trace')
    .summary('show the path of an item, and where its time went')
    .description('Shows the paths of items through a run that recorded them, and where their time went.')
    .argument('<file>', 'the recording')
    .argument('[item]', 'the number of an item at its source, or the beginning of a trace id')
    .option('--slowest <count>', 'the paths of so many items that took longest', parseCount)
    .option('--all', 'show every branch where an item became many')
    .addHelpText('after', notes)
    .action(async (file: string, item: string | undefined, options: TraceOptions, command: Command) => {
      if (item !== undefined && options.slowest !== undefined) {
        command.error("error: option '--slowest' is instead of an item")
      }
      ended(await actions.trace(file, item, options))
    })
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It is a whole number from 1.')
  return count
}
