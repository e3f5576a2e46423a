import { type Context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import { ParentBasedSampler, type Sampler, SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'

const decided = createContextKey('actorflow: this item is sampled')

/** The context for the first span of an item that the source has drawn: it has no parent, and is sampled. */
export const sampledRoot: Context = ROOT_CONTEXT.setValue(decided, true)

/**
 * The sampler of an actor. The engine's items are drawn before there is a span, since an item that is not drawn must not
 * cost one: here they are taken as decided. Every other span follows its parent, or the ratio where it has none.
 */
export function createSampler(ratio: number): Sampler {
  const ratioSampler = new TraceIdRatioBasedSampler(ratio)
  const root: Sampler = {
    shouldSample(context, ...rest) {
      if (context.getValue(decided) === true) return { decision: SamplingDecision.RECORD_AND_SAMPLED }
      return ratioSampler.shouldSample(context, rest[0])
    },
    toString() {
      return `SourceSampler{${ratio}}`
    },
  }
  return new ParentBasedSampler({ root })
}
