import { channel } from 'node:diagnostics_channel'
import type { ActorId } from '../engine/index.ts'
import type { DeliveryCounts } from './delivery.ts'

/** What an actor had for a collector, and how much of it nobody took: the message of the channel `actorflow.spans.sent`. */
export interface SentSpans extends DeliveryCounts {
  readonly actor: ActorId
}

const sent = channel('actorflow.spans.sent')

/** Tells it to whoever listens in the process of the actor, which has left. */
export function tellSent(spans: SentSpans): void {
  sent.publish(spans)
}
