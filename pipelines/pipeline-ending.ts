import { FlowError } from '../engine/index.ts'

/** How a pipeline ended; one that failed with the code of its error or, where that has none, its name. */
export type PipelineEnding =
  | { readonly kind: 'done' | 'cancelled' }
  | { readonly kind: 'failed'; readonly code: string }

/** How a pipeline ended that threw this. */
export function endingOf(failure: unknown): PipelineEnding {
  if (FlowError.is(failure)) {
    return failure.code === 'FLOW_CONTEXT_CANCELLED' ? { kind: 'cancelled' } : { kind: 'failed', code: failure.code }
  }
  return { kind: 'failed', code: failure instanceof Error ? failure.name : typeof failure }
}
